import { type CutoverPlan, type LateSettings, type MxHost, safeAt } from '@mxodus/engine';
import type { DnsLookup } from '@mxodus/model';

/** What is needed to explain late mail of a plan. An address that cannot be looked up is only not known. */
export async function lateMailSettings(
  { domains, settings }: Pick<CutoverPlan, 'domains' | 'settings'>,
  { lookup, switchedAt, signal }: { lookup: DnsLookup; switchedAt: number; signal: AbortSignal },
): Promise<LateSettings> {
  const addresses = await addressesOf(
    new Set(domains.flatMap(({ before, after }) => [...before.records, ...after.records].map(({ host }) => host))),
    lookup,
    signal,
  );
  const hostsOf = (which: 'before' | 'after'): MxHost[] =>
    domains.flatMap((domain) => {
      const { records } = domain[which];
      const best = Math.min(...records.map(({ preference }) => preference));
      // Counted from the best one: each domain has its own numbers.
      return records.map(({ host, preference }) => ({
        host,
        preference: preference - best,
        addresses: addresses.get(host) ?? [],
      }));
    });
  const wait = (ttls: readonly number[]): number =>
    safeAt({ servedAt: 0, ttls, floorMs: settings.resolver_floor, slackMs: settings.slack }).safeAt;
  return {
    switchedAt,
    caches: {
      low: wait([settings.ttl]),
      longest: wait([settings.ttl, ...domains.map(({ before }) => before.ttl)]),
    },
    old: hostsOf('before'),
    new: hostsOf('after'),
    domains: domains.map(({ domain }) => domain),
  };
}

async function addressesOf(
  hosts: ReadonlySet<string>,
  lookup: DnsLookup,
  signal: AbortSignal,
): Promise<Map<string, string[]>> {
  const found = [...hosts].map(async (host): Promise<[string, string[]]> => {
    const results = await Promise.all([lookup.lookUp(host, 'A', signal), lookup.lookUp(host, 'AAAA', signal)]);
    return [host, results.flatMap((result) => (result.kind === 'answer' ? result.records : []))];
  });
  return new Map(await Promise.all(found));
}
