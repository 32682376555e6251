import type { ServerFacts } from '@mxodus/model';

/** What some makes of server do in their own way (tried with Courier 5.0.13 and Cyrus 3.6.1, 2026-11). */

export const COURIER = 'Courier-IMAP';
const CYRUS = 'Cyrus IMAP';

/** The make by what every connection is told; null: another one. Courier knows no ID (RFC 2971). */
export function makeOf(capabilities: readonly string[], greeting: string): string | null {
  // No other server says ACL2=UNION; where IMAP_ACL is off the greeting tells.
  if (capabilities.includes('ACL2=UNION') || /\bCourier-IMAP ready\b/.test(greeting)) return COURIER;
  return /\bCyrus IMAP\b.* server ready\b/.test(greeting) ? CYRUS : null;
}

export const isCourier = ({ product }: Pick<ServerFacts, 'product'>): boolean => product?.startsWith(COURIER) ?? false;

/** Refused by CREATE and by nothing before it; `^` and `/` as the separator decides. */
const NOT_IN_CYRUS = '!"%;<>\\`{|}';

/** Why a name that is free cannot be made, where only CREATE would tell; null: it may be. */
export function nameRefusal({ product, namespace }: ServerFacts, path: string): string | null {
  if (!/^cyrus\b/i.test(product ?? '')) return null;
  const refused = NOT_IN_CYRUS + (namespace.separator === '.' ? '/' : '^');
  if (![...path].some((character) => refused.includes(character))) return null;
  return `Cyrus takes none of ${[...refused].join(' ')} in the name of a folder`;
}
