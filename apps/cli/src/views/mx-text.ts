import type { DomainPlan } from '@mxodus/model';

/** "10 mx1.example.com, 20 mx2.example.com (TTL 3600)". */
export const mxText = ({ ttl, records }: DomainPlan['before']): string =>
  records.length === 0
    ? 'none'
    : `${records.map(({ preference, host }) => `${preference} ${host}`).join(', ')} (TTL ${ttl})`;
