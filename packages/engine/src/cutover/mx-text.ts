import { type DnsEndpoint, type MxRecord, type MxRrset, sortMx } from '@mxodus/model';

/** "10 mx1.example.com, 20 mx2.example.com (TTL 300)" */
export function rrsetText({ ttl, records }: MxRrset): string {
  return records.length === 0 ? 'no MX' : `${recordsText(records)} (TTL ${ttl})`;
}

export function recordsText(records: readonly MxRecord[]): string {
  return records.length === 0
    ? 'no MX'
    : sortMx(records)
        .map(({ preference, host }) => `${preference} ${host}`)
        .join(', ');
}

/** "ns1.example.com (192.0.2.1:53)", or only the address where it was given as one. */
export function serverText({ name, address, port }: DnsEndpoint): string {
  const place = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  return name === place || name === address ? place : `${name} (${place})`;
}
