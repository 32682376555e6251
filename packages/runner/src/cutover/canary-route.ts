import { isIP } from 'node:net';
import { type DnsObserver, mxRecord, type RrType, type SmtpTarget } from '@mxodus/model';
import { systemRecords } from './system-resolver.ts';

/** Where a stranger's server would bring mail of a domain to, in the order it would try. */
export type CanaryRoute =
  | { kind: 'targets'; targets: readonly SmtpTarget[] }
  /** The domain says that it takes no mail (RFC 7505), or that it is not there. */
  | { kind: 'refused'; why: string }
  | { kind: 'unknown'; why: string };

export interface RouteOptions {
  observer: DnsObserver;
  /** Caching resolvers to ask in turn; none: those of the system. */
  resolvers: readonly string[];
  port: number;
  signal: AbortSignal;
}

/** RFC 5321 section 5.1: MX hosts by preference, equal ones in any order; without any MX the addresses of the domain itself. */
export async function canaryRoute(domain: string, options: RouteOptions): Promise<CanaryRoute> {
  const mx = await ask(domain, 'MX', options);
  if (mx.kind === 'unknown') return mx;
  const records = mx.records.map(mxRecord);
  if (records.length > 0 && records.every(({ host }) => host === '.'))
    return { kind: 'refused', why: `${domain} has a null MX: it takes no mail (RFC 7505)` };
  const byPreference = Map.groupBy(records, ({ preference }) => preference);
  const hosts = [...byPreference.keys()]
    .toSorted((a, b) => a - b)
    .flatMap((preference) => shuffled(byPreference.get(preference) ?? []).map(({ host }) => host));
  const targets: SmtpTarget[] = [];
  const troubles: string[] = [];
  for (const host of hosts.length === 0 ? [domain] : hosts) {
    for (const type of ['A', 'AAAA'] as const) {
      const found = await ask(host, type, options);
      if (found.kind === 'unknown') troubles.push(found.why);
      else targets.push(...found.records.map((address) => ({ host, address, port: options.port })));
    }
  }
  if (targets.length > 0) return { kind: 'targets', targets };
  if (troubles.length > 0) return { kind: 'unknown', why: troubles.join('; ') };
  return { kind: 'refused', why: `no MX host of ${domain} has an address (${hosts.join(', ') || 'there is no MX'})` };
}

type Found = { kind: 'found'; records: readonly string[] } | { kind: 'unknown'; why: string };

async function ask(name: string, type: RrType, { observer, resolvers, signal }: RouteOptions): Promise<Found> {
  if (isIP(name) !== 0) return { kind: 'unknown', why: `${name} is an address where a name has to be` };
  if (resolvers.length === 0) return systemRecords(name, type, signal);
  const troubles: string[] = [];
  for (const resolver of resolvers) {
    const observed = await observer.ask(resolver, { name, type }, signal);
    if (observed.kind === 'answer') return { kind: 'found', records: observed.rrset.records };
    if (observed.kind === 'absent') return { kind: 'found', records: [] };
    troubles.push(`${resolver}: ${observed.why}`);
  }
  return { kind: 'unknown', why: `${name} ${type} cannot be looked up: ${troubles.join('; ')}` };
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, at: Math.random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
