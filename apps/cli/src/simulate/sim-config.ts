import { stringify } from 'yaml';
import { SIM_TTL } from './sim-zones.ts';
import type { SimWorld } from './world-of.ts';

export interface SimServers {
  /** Ports of the IMAP servers by their name. */
  imap: ReadonlyMap<string, number>;
  master: string;
  smtpPort: number;
  /** Where changes are sent. */
  primary: string;
  authoritative: readonly string[];
  resolver: string;
  tsig: { name: string; algorithm: string; secretFile: string };
}

/** The variable that has the password of the master user. */
export const MASTER_VARIABLE = 'MXODUS_SIMULATION_MASTER';

/** The config of the simulation: the plan's own names, servers of the lab, seconds in place of hours. */
export function simConfig(world: SimWorld, servers: SimServers): string {
  const auth = { method: 'master', user: servers.master, password: { env: MASTER_VARIABLE } };
  const imap = (name: string): object => ({
    ...{ kind: 'imap', host: '127.0.0.1', port: servers.imap.get(name) ?? 0, tls: 'none', auth },
  });
  return stringify({
    version: 1,
    project: 'simulation',
    servers: Object.fromEntries(world.servers.map(({ name }) => [name, imap(name)])),
    mailboxes: world.mailboxes.map(({ address, source, destination }) => ({
      ...{ address, source: source.server, user: source.user, destination: { user: destination.user } },
    })),
    assign: world.mailboxes.map(({ address, newAddress, destination }) => ({
      ...{ match: address, to: destination.server, ...(newAddress === address ? {} : { address: newAddress }) },
    })),
    domains: Object.fromEntries(world.domains.map((domain) => [domain.domain, domainConfig(domain, servers)])),
    cutover: {
      window: 'now',
      ttl: 2,
      resolver_floor: '2s',
      slack: '1s',
      poll: '500ms',
      resolvers: [servers.resolver],
      probe: { smtp_port: servers.smtpPort, canary: true, canary_every: '2s', timeout: '5s' },
      drain: { every: '1s', at_least: '8s', quiet: '6s' },
    },
  });
}

function domainConfig({ domain, zone, to, after, others }: SimWorld['domains'][number], servers: SimServers): object {
  const { name, algorithm, secretFile } = servers.tsig;
  return {
    mx: { to, records: after },
    ...(others.length === 0 ? {} : { records: others.map((rrset) => recordConfig(rrset, domain)) }),
    dns: {
      provider: 'rfc2136',
      server: servers.primary,
      zone,
      authoritative: servers.authoritative,
      tsig: { name, algorithm, secret: { file: secretFile } },
    },
  };
}

/** A TXT record replaces the one that begins alike, so only those that are new are written. */
function recordConfig(
  { name, type, when, before, after }: SimWorld['domains'][number]['others'][number],
  domain: string,
): object {
  const values = type === 'TXT' ? after.records.filter((record) => !before.records.includes(record)) : after.records;
  return { name: name === domain ? '@' : name, type, values, ttl: SIM_TTL, when };
}
