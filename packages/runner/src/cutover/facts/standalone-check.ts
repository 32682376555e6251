import { type CutoverFacts, type CutoverPlan, type GateInputs, gatesOf, NO_PROGRESS, rrsetKey } from '@mxodus/engine';
import {
  configSchema,
  type Delegation,
  type DnsEndpoint,
  type DnsLookup,
  type DomainPlan,
  dnsName,
  type Gate,
  MxodusError,
  mxRecord,
  type Observation,
} from '@mxodus/model';
import type { LookPorts } from '../ports.ts';
import { lookAtHosts } from './gather-hosts.ts';
import { readMailAuth } from './gather-mail-auth.ts';
import { askRecipients } from './gather-recipients.ts';

export interface StandalonePorts extends Pick<LookPorts, 'observer' | 'smtp' | 'mtaSts' | 'now'> {
  /** Finds the zone of the domain. */
  lookup: DnsLookup;
  /** Once it is found: asks its own servers for the names in it, so that no cache learns that one is not there yet. Else `lookup` goes on. */
  lookupIn?(zone: string, servers: readonly DnsEndpoint[]): DnsLookup;
}

export interface StandaloneOptions {
  /** The MX hosts to move to, in the order of their preference; left out: those of today are looked at. */
  newHosts?: readonly string[];
  /** Addresses to ask the hosts for; none: nobody is asked. */
  recipients: readonly string[];
  ports: StandalonePorts;
  signal: AbortSignal;
  /** The servers of the zone, host or host:port; left out: found from the NS set. */
  authoritative?: readonly string[];
  /** DKIM selectors to look for. */
  dkim?: readonly string[];
  /** As in the config. */
  probe?: { smtp_port?: number; dnsbl?: readonly string[]; dane?: boolean };
}

/** Those that need neither a plan nor credentials. */
const SHOWN: readonly string[] = ['G1', 'G3', 'G4', 'G5', 'G16'];

/** What can be said of a domain by looking at DNS and its mail hosts alone. Changes nothing and sends no mail. */
export async function standaloneCheck(domain: string, options: StandaloneOptions): Promise<Gate[]> {
  const { recipients, signal, probe = {} } = options;
  const name = dnsName(domain);
  const found = await look(name, options);
  if (found.kind === 'unknown')
    return [{ id: 'G1', name: 'DNS health', status: 'unknown', why: found.why, fix: found.fix }];
  const { plan: domainPlan, observations, delegation } = found;
  const { zone, authoritative: servers } = domainPlan;
  const lookup = options.ports.lookupIn?.(zone, servers) ?? options.ports.lookup;
  const ports = { ...options.ports, lookup };
  const settings = configSchema.shape.cutover.parse({ probe: { smtp_port: 25, ...probe } });
  const plan: CutoverPlan = { sha256: '', domains: [domainPlan], settings };
  const { smtp_port: port = 25, dnsbl = [] } = probe;
  const at = ports.now();
  const [asked, hosts, mailAuth] = await Promise.all([
    recipients.length === 0 ? null : askRecipients([domainPlan], { addresses: recipients, port, ports, signal }),
    lookAtHosts([domainPlan], {
      probe: { smtp_port: port, dnsbl: [...dnsbl] },
      largestMessage: null,
      ports,
      signal,
    }),
    readMailAuth([domainPlan], { ...ports, dkimSelectors: () => options.dkim ?? [] }, signal),
  ]);
  const facts: CutoverFacts = { at, delegations: [delegation], recipients: asked, hosts, mailAuth, routing: null };
  const inputs: GateInputs = {
    ...{ plan, facts, progress: NO_PROGRESS, history: [], canaries: [], now: ports.now() },
    sight: { at: ports.now(), observations: new Map([[rrsetKey({ name, type: 'MX' }), observations]]) },
    ...{
      rehearsals: [],
      backlog: { kind: 'unknown', why: 'there is no plan' },
      waivers: [],
      approval: { kind: 'none' },
    },
  };
  return gatesOf(inputs).filter(({ id }) => SHOWN.includes(id) && (id !== 'G3' || asked !== null));
}

type Found =
  | { kind: 'found'; plan: DomainPlan; observations: Observation[]; delegation: Delegation }
  | { kind: 'unknown'; why: string; fix: string };

/** The zone the domain is in, its servers, and what each of them says. */
async function look(domain: string, options: StandaloneOptions): Promise<Found> {
  const { ports, signal, authoritative: configured, newHosts } = options;
  try {
    const zone = await zoneOf(domain, options);
    if (zone === null) {
      return {
        kind: 'unknown',
        why: `no zone that holds ${domain} was found`,
        fix: 'is the name right, and registered?',
      };
    }
    const [servers, delegation] = await Promise.all([
      ports.observer.authoritative(zone, configured, signal),
      ports.observer.delegation(zone, configured, signal),
    ]);
    const ask = (server: DnsEndpoint) => ports.observer.observe(server, zone, { name: domain, type: 'MX' }, signal);
    const observations = await Promise.all(servers.map(ask));
    const before = mxOf(observations);
    const wanted = newHosts?.map((host, index) => ({ host: dnsName(host), preference: 10 * (index + 1) }));
    const after = wanted === undefined ? before : { ttl: before.ttl, records: wanted };
    const authoritative = servers.map(({ name, address, port }) => ({ name, address, port }));
    const plan: DomainPlan = { domain, zone, provider: 'manual', authoritative, before, after };
    return { kind: 'found', plan, observations, delegation };
  } catch (error) {
    if (!(error instanceof MxodusError) || signal.aborted) throw error;
    return { kind: 'unknown', why: `${error.what}: ${error.why}`, fix: error.advice };
  }
}

/** The name nearest above that has an SOA record of its own. */
async function zoneOf(domain: string, { ports, signal }: StandaloneOptions): Promise<string | null> {
  const labels = domain.split('.');
  for (let depth = 0; depth < labels.length - 1; depth += 1) {
    const name = labels.slice(depth).join('.');
    const soa = await ports.lookup.lookUp(name, 'SOA', signal);
    if (soa.kind === 'answer') return name;
    if (soa.kind === 'error') {
      throw new MxodusError('DNS_UNREACHABLE', {
        what: `the zone of ${domain} could not be found`,
        why: soa.why,
        advice: 'check the resolver of this machine, and the name servers of the domain',
      });
    }
  }
  return null;
}

/** What the first server that answers says; whether the others agree is told by the gate. */
function mxOf(observations: readonly Observation[]): DomainPlan['before'] {
  for (const observation of observations) {
    if (observation.kind === 'answer') {
      const { ttl, records } = observation.rrset;
      return { ttl, records: records.map(mxRecord) };
    }
    if (observation.kind === 'absent') return { ttl: observation.negativeTtl ?? 0, records: [] };
  }
  return { ttl: 0, records: [] };
}
