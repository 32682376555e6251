import type { AssignRule } from '@mxodus/model';

export interface Assignment {
  /** The server it goes to. */
  to: string;
  /** Its address there. */
  address: string;
  /** Index of the rule; null where `to` was given and no rule for that server matches. */
  rule: number | null;
}

/**
 * The first rule whose pattern matches decides. `to` (a mailbox list's own column) narrows that to the rules for one server, and needs
 * none. undefined: no rule matches. `top` rules need an audit and are not supported yet: they match nothing.
 */
export function assign(address: string, rules: readonly AssignRule[], to?: string): Assignment | undefined {
  const index = rules.findIndex(
    (rule) => 'match' in rule && (to === undefined || rule.to === to) && matchesAddress(rule.match, address),
  );
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
