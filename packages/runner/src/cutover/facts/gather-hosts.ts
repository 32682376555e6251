import { isIP } from 'node:net';
import { type CutoverPlan, type HostAddressFacts, type HostFacts, moves } from '@mxodus/engine';
import type { DnsLookup, DomainPlan, LookupResult, ProbeConfig } from '@mxodus/model';
import type { LookPorts } from '../ports.ts';
import { inParallel } from './in-parallel.ts';
import { addressesOf, hostsOf, recordsOf } from './mx-hosts.ts';

const HOSTS_AT_ONCE = 4;
/** A PTR may name many; that one of the first leads back is enough. */
const MOST_NAMES = 3;

/** Looks at every new MX host. null: `cutover.probe` is not set. */
export async function gatherHosts(
  plan: CutoverPlan,
  ports: Pick<LookPorts, 'lookup' | 'smtp' | 'largestMessage'>,
  signal: AbortSignal,
): Promise<HostFacts[] | null> {
  const { probe } = plan.settings;
  if (probe === undefined) return null;
  const largestMessage = ports.largestMessage();
  return lookAtHosts(plan.domains.filter(moves), { probe, largestMessage, ports, signal });
}

export interface HostsOptions {
  probe: Pick<ProbeConfig, 'smtp_port' | 'dnsbl'>;
  largestMessage: number | null;
  ports: Pick<LookPorts, 'lookup' | 'smtp'>;
  signal: AbortSignal;
}

export function lookAtHosts(domains: readonly DomainPlan[], options: HostsOptions): Promise<HostFacts[]> {
  const names = [...new Set(domains.flatMap(({ after }) => hostsOf(after)))];
  return inParallel(names, HOSTS_AT_ONCE, (host) => {
    const served = domains.filter(({ after }) => hostsOf(after).includes(host)).map(({ domain }) => domain);
    return lookAtHost(host, served, options);
  });
}

async function lookAtHost(host: string, domains: readonly string[], options: HostsOptions): Promise<HostFacts> {
  const { ports, signal, largestMessage } = options;
  const [alias, tlsa, { a, aaaa, addresses }] = await Promise.all([
    ports.lookup.lookUp(host, 'CNAME', signal),
    ports.lookup.lookUp(`_25._tcp.${host}`, 'TLSA', signal),
    addressesOf(host, ports.lookup, signal),
  ]);
  const facts = await Promise.all(addresses.map((address) => lookAtAddress(host, address, options)));
  return { host, domains, largestMessage, alias, a, aaaa, tlsa, addresses: facts };
}

async function lookAtAddress(
  host: string,
  address: string,
  { probe, ports: { lookup, smtp }, signal }: HostsOptions,
): Promise<HostAddressFacts> {
  const [greeting, ptr, listed] = await Promise.all([
    smtp.greet({ host, address, port: probe.smtp_port }, signal),
    lookup.lookUp(address, 'PTR', signal),
    Promise.all(
      probe.dnsbl.map(async (list) => ({ list, result: await lookup.lookUp(nameInList(address, list), 'A', signal) })),
    ),
  ]);
  return { address, ptr, forward: await forwardOf(address, ptr, lookup, signal), greeting, listed };
}

/** The addresses of all names of the PTR, as one answer. */
async function forwardOf(
  address: string,
  ptr: LookupResult,
  lookup: DnsLookup,
  signal: AbortSignal,
): Promise<LookupResult> {
  const names = recordsOf(ptr).slice(0, MOST_NAMES);
  const type = isIP(address) === 6 ? 'AAAA' : 'A';
  const results = await Promise.all(names.map((name) => lookup.lookUp(name, type, signal)));
  const answers = results.filter((result) => result.kind === 'answer');
  const [first] = answers;
  if (first === undefined) return results[0] ?? { kind: 'absent', negativeTtl: null };
  return { ...first, records: answers.flatMap(({ records }) => records) };
}

/** RFC 5782 section 2: the address backwards, by octets or by nibbles. */
export function nameInList(address: string, list: string): string {
  if (isIP(address) !== 6) return `${address.split('.').reverse().join('.')}.${list}`;
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const groups = (text: string): string[] => text.split(':').filter(Boolean);
  const [left, right] = [groups(head), groups(tail ?? '')];
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0');
  const nibbles = [...left, ...zeros, ...right].map((group) => group.padStart(4, '0')).join('');
  return `${[...nibbles].reverse().join('.')}.${list}`;
}
