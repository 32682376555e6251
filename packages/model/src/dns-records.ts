import type { MxRecord } from './config-dns.ts';
import type { Rrset, RrType } from './dns.ts';

/** The canonical text of records: equal records have equal text, whoever wrote them. */

/** Lower-case, without the final dot; the root stays ".". */
export function dnsName(name: string): string {
  const trimmed = name.toLowerCase().replace(/\.$/, '');
  return trimmed === '' ? '.' : trimmed;
}

/**
 *   type      canonical text
 *   MX        "10 mx1.example.com" (null MX, RFC 7505: "0 .")
 *   CNAME     "host.example.com"
 *   TXT       the character-strings joined, without quotes: how a text is cut into strings of 255 bytes says nothing (RFC 7208 section 3.3)
 *   SRV       "0 5 443 host.example.com"
 *   TLSA      "3 1 1 <hex in lower case>"
 *   A, AAAA   the address as `new URL` writes it
 */
export function canonicalRecord(type: RrType, text: string): string {
  const fields = text.trim().split(/\s+/);
  switch (type) {
    case 'TXT':
      return text;
    case 'CNAME':
      return dnsName(text.trim());
    case 'MX':
    case 'SRV': {
      const numbers = fields.slice(0, -1).map((field) => String(Number(field)));
      return [...numbers, dnsName(fields.at(-1) ?? '')].join(' ');
    }
    case 'TLSA':
      return [...fields.slice(0, 3).map((field) => String(Number(field))), fields.slice(3).join('').toLowerCase()].join(
        ' ',
      );
    case 'A':
      return text.trim();
    case 'AAAA':
      return canonicalIpv6(text.trim());
  }
}

export function canonicalRrset(type: RrType, { ttl, records }: Rrset): Rrset {
  return { ttl, records: records.map((record) => canonicalRecord(type, record)).toSorted(byOrder(type)) };
}

function canonicalIpv6(text: string): string {
  return URL.canParse(`http://[${text}]`) ? new URL(`http://[${text}]`).hostname.slice(1, -1) : text.toLowerCase();
}

/** MX by preference, all else by text. */
function byOrder(type: RrType): (a: string, b: string) => number {
  const byText = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
  return type === 'MX' ? (a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10) || byText(a, b) : byText;
}

export function mxText({ host, preference }: MxRecord): string {
  return `${preference} ${dnsName(host)}`;
}

/** The inverse of `mxText`. */
export function mxRecord(text: string): MxRecord {
  const [preference = '0', host = '.'] = text.split(' ');
  return { host, preference: Number(preference) };
}

/** The order records are kept and compared in. */
export function sortMx(records: readonly MxRecord[]): MxRecord[] {
  return canonicalRrset('MX', { ttl: 0, records: records.map(mxText) }).records.map(mxRecord);
}

export function mxRrset({ ttl, records }: { ttl: number; records: readonly MxRecord[] }): Rrset {
  return canonicalRrset('MX', { ttl, records: records.map(mxText) });
}
