import type { AssignRule } from '@mxodus/model';

export interface Assignment {
  /** The server it goes to. */
  to: string;
  /** Its address there. */
  address: string;
  /** Index of the rule; null where `to` was given and no rule for that server matches. */
  rule: number | null;
}

/** Whom each `top` rule takes, by its index: see rankBusiest. */
export type Busiest = ReadonlyMap<number, ReadonlySet<string>>;

/**
 * The first rule that takes the address decides. `to` (a mailbox list's own column) narrows that to the rules for one server, and needs
 * none. undefined: no rule takes it. Without `busiest` (before the mailboxes were looked at) a `top` rule takes nobody.
 */
export function assign(
  address: string,
  rules: readonly AssignRule[],
  { to, busiest }: { to?: string | undefined; busiest?: Busiest } = {},
): Assignment | undefined {
  const index = rules.findIndex((rule, i) => {
    if (to !== undefined && rule.to !== to) return false;
    return 'match' in rule ? matchesAddress(rule.match, address) : (busiest?.get(i)?.has(address) ?? false);
  });
  const rule = rules[index];
  if (rule === undefined) return to === undefined ? undefined : { to, address, rule: null };
  return { to: rule.to, address: filledIn(rule.address ?? '{local}@{domain}', address), rule: index };
}

/** `*` is any text, `?` one character; addresses do not differ by case. */
export function matchesAddress(pattern: string, address: string): boolean {
  const source = [...pattern].map((c) => (c === '*' ? '.*' : c === '?' ? '.' : RegExp.escape(c))).join('');
  return new RegExp(`^${source}$`, 'isu').test(address);
}

function filledIn(template: string, address: string): string {
  const at = address.lastIndexOf('@');
  const [local, domain] = at < 0 ? [address, ''] : [address.slice(0, at), address.slice(at + 1)];
  if (at < 0 && template === '{local}@{domain}') return address;
  return template.replaceAll('{local}', () => local).replaceAll('{domain}', () => domain);
}
