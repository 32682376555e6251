import type { DnsEndpoint, Rrset, RrsetName, RrType } from '@mxodus/model';

/** "10 mx1.example.com, 20 mx2.example.com (TTL 300)"; without records "no MX". A TXT is quoted. */
export function rrsetText(type: RrType, { ttl, records }: Rrset): string {
  return records.length === 0 ? `no ${type}` : `${recordsText(type, records)} (TTL ${ttl})`;
}

export function recordsText(type: RrType, records: readonly string[]): string {
  if (records.length === 0) return `no ${type}`;
  return records.map((record) => (type === 'TXT' ? JSON.stringify(record) : record)).join(', ');
}

/** "the MX of example.com" */
export function rrsetNameText({ name, type }: RrsetName): string {
  return `the ${type} of ${name}`;
}

/** "ns1.example.com (192.0.2.1:53)", or only the address where it was given as one. */
export function serverText({ name, address, port }: DnsEndpoint): string {
  const place = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  return name === place || name === address ? place : `${name} (${place})`;
}
