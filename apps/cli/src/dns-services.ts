import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { cpanelPanel, createLookup, createObserver, openProvider, type ResolvedDnsConfig } from '@mxodus/dns';
import {
  type Config,
  type DnsConfig,
  type DnsLookup,
  type DnsObserver,
  type DnsProvider,
  type DomainPlan,
  MxodusError,
  type OldHost,
  type OldHostConfig,
  type SmtpClient,
} from '@mxodus/model';
import { createSmtpClient } from '@mxodus/smtp';
import { resolveSecret } from './config/secrets.ts';

/** What a cutover reaches beside the mail servers: name servers, who can change them, mail hosts by SMTP, the old host's panel. */
export interface DnsServices {
  observer(): DnsObserver;
  /** Names inside the zones of these domains are asked at their own servers. */
  lookup(domains: readonly Pick<DomainPlan, 'zone' | 'authoritative'>[]): DnsLookup;
  provider(domain: string): Promise<DnsProvider>;
  smtp(): SmtpClient;
  /** null: the config names none. */
  oldHost(): OldHost | null;
  /** The servers of `dns.authoritative`, where the config has them for this zone. */
  configuredServers(zone: string): readonly string[] | undefined;
}

export function dnsServices(config: Config, baseDir: string): DnsServices {
  const { probe, resolvers, old_host: oldHost } = config.cutover;
  return {
    observer: () => createObserver({ resolvers }),
    lookup: (domains) => {
      const zones = new Map(domains.map(({ zone, authoritative }) => [zone, authoritative]));
      return createLookup({ zones: [...zones].map(([zone, servers]) => ({ zone, servers })), resolvers });
    },
    provider: async (domain) => openProvider(await resolved(configOf(config, domain), baseDir)),
    smtp: () => createSmtpClient({ helo: probe?.helo ?? hostname(), timeoutMs: probe?.timeout ?? 30_000 }),
    oldHost: () => (oldHost === undefined ? null : panel(oldHost, baseDir)),
    configuredServers: (zone) => Object.values(config.domains).find(({ dns }) => dns.zone === zone)?.dns.authoritative,
  };
}

/** Its token is read when it is asked something: a look without secrets says what it could not ask, and goes on. */
function panel(config: OldHostConfig, baseDir: string): OldHost {
  const open = async (): Promise<OldHost> => {
    const token = await resolveSecret(config.token, baseDir);
    return cpanelPanel({ ...config, token, ...caOf(config, baseDir) });
  };
  return {
    name: config.panel,
    routing: async (domain, signal) => (await open()).routing(domain, signal),
    route: async (domain, routing, signal) => (await open()).route(domain, routing, signal),
  };
}

function configOf({ domains }: Config, domain: string): DnsConfig {
  const dns = domains[domain]?.dns;
  if (dns !== undefined) return dns;
  throw new MxodusError('CONFIG_INVALID', {
    what: `the config says nothing about the domain ${domain}`,
    why: 'the plan has it',
    advice: 'plan again after domains were changed',
  });
}

/** With every secret read, and files named from the folder of the config. */
async function resolved(dns: DnsConfig, baseDir: string): Promise<ResolvedDnsConfig> {
  const secret = (of: Parameters<typeof resolveSecret>[0]): Promise<string> => resolveSecret(of, baseDir);
  switch (dns.provider) {
    case 'rfc2136':
      return { ...dns, tsig: { ...dns.tsig, secret: await secret(dns.tsig.secret) } };
    case 'cloudflare':
      return { ...dns, token: await secret(dns.token), ...caOf(dns, baseDir) };
    case 'route53': {
      const { session_token: session, ...rest } = dns;
      const key = await secret(dns.secret_access_key);
      const token = session === undefined ? {} : { session_token: await secret(session) };
      return { ...rest, secret_access_key: key, ...token, ...caOf(dns, baseDir) };
    }
    case 'azure': {
      const { credential } = dns;
      const read =
        'secret' in credential
          ? { secret: await secret(credential.secret) }
          : { certificate: resolve(baseDir, credential.certificate), key: await secret(credential.key) };
      return { ...dns, credential: read, ...caOf(dns, baseDir) };
    }
    case 'powerdns':
      return { ...dns, api_key: await secret(dns.api_key), ...caOf(dns, baseDir) };
    case 'cpanel':
      return { ...dns, token: await secret(dns.token), ...caOf(dns, baseDir) };
    case 'exec':
      return { ...dns, directory: baseDir };
    case 'manual':
      return dns;
  }
}

const caOf = ({ ca }: { ca?: string | undefined }, baseDir: string): { ca?: string } =>
  ca === undefined ? {} : { ca: resolve(baseDir, ca) };
