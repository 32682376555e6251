import type { MxRrset } from '@mxodus/model';

/** "10 mx1.example.com, 20 mx2.example.com (TTL 300)" */
export function rrsetText({ ttl, records }: MxRrset): string {
  if (records.length === 0) return 'no MX';
  return `${records.map(({ preference, host }) => `${preference} ${host}`).join(', ')} (TTL ${ttl})`;
}
