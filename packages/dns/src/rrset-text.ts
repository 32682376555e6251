import type { Rrset, RrType } from '@mxodus/model';

/** "10 mx1.example.com, 20 mx2.example.com (TTL 300)", or "no MX". */
export function rrsetText(type: RrType, { ttl, records }: Rrset): string {
  return records.length === 0 ? `no ${type}` : `${records.join(', ')} (TTL ${ttl})`;
}
