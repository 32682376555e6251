import { isIP } from 'node:net';
import { type DnsLookup, type DomainPlan, dnsName, type LookupResult } from '@mxodus/model';

/** A host has as many addresses as it likes; these are asked. */
const MOST_ADDRESSES = 8;

/** The hosts of an MX set that have a name to look up: no null MX, no address. */
export function hostsOf({ records }: DomainPlan['after']): string[] {
  return [...new Set(records.map(({ host }) => dnsName(host)))].filter((host) => host !== '.' && isIP(host) === 0);
}

export interface HostAddresses {
  a: LookupResult;
  aaaa: LookupResult;
  addresses: readonly string[];
}

/** IPv4 first: not every machine has a way to the others. */
export async function addressesOf(host: string, lookup: DnsLookup, signal: AbortSignal): Promise<HostAddresses> {
  const [a, aaaa] = await Promise.all([lookup.lookUp(host, 'A', signal), lookup.lookUp(host, 'AAAA', signal)]);
  return { a, aaaa, addresses: [...recordsOf(a), ...recordsOf(aaaa)].slice(0, MOST_ADDRESSES) };
}

export function recordsOf(result: LookupResult): readonly string[] {
  return result.kind === 'answer' ? result.records : [];
}

/** "mx1.example.com has no address" */
export function whyNoAddress(host: string, { a, aaaa }: HostAddresses): string {
  const error = [a, aaaa].find((result) => result.kind === 'error');
  return error?.kind === 'error' ? `${host}: ${error.why}` : `${host} has no address`;
}
