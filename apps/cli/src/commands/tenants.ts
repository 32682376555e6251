import type { Pace } from '@mxodus/engine';
import type { Config, ExchangeServerConfig, MailTenant, ProbeWriter } from '@mxodus/model';
import type { PlannedTenant } from '@mxodus/runner';
import type { Project } from '../compose.ts';

/** The servers of a config that are tenants. */
export function tenantsOf(
  project: Pick<Project, 'config' | 'tenant'>,
  signal: AbortSignal,
): Record<string, MailTenant> {
  return Object.fromEntries(exchangeServers(project.config).map(([name]) => [name, project.tenant(name, signal)]));
}

/** With what a plan has to know of each. */
export function plannedTenants(
  tenants: Readonly<Record<string, MailTenant>>,
  config: Pick<Config, 'servers' | 'domains'>,
): Record<string, PlannedTenant> {
  return Object.fromEntries(
    exchangeServers(config).flatMap(([name, { writer }]) => {
      const tenant = tenants[name];
      const domains = Object.entries(config.domains).flatMap(([domain, { mx }]) => (mx.to === name ? [domain] : []));
      return tenant === undefined ? [] : [[name, { tenant, probes: PROBES[writer], domains }]];
    }),
  );
}

/** What each way to write has to prove. IMAP keeps dates and flags by its own rules (RFC 9051 6.3.12). */
const PROBES: Readonly<Record<ExchangeServerConfig['writer'], readonly ProbeWriter[]>> = {
  auto: ['graph-json'],
  'graph-json': ['graph-json'],
  'graph-importmime': ['graph-json', 'graph-importmime'],
  'imap-append': [],
};

/** What the limits of the tenants allow; those of IMAP servers say nothing about how long a copy takes. */
export function pacesOf(config: Pick<Config, 'servers'>): Record<string, Pace> {
  return Object.fromEntries(
    exchangeServers(config).map(([name, { limits }]) => [
      name,
      {
        mailboxes: limits.mailboxes,
        requests: { most: limits.requests, inMs: limits.requests_in },
        upload: { mostBytes: limits.upload, inMs: limits.upload_in },
        bytesPerSecond: limits.bytes_per_second,
        bytesPerDay: limits.bytes_per_day,
      },
    ]),
  );
}

const exchangeServers = ({ servers }: Pick<Config, 'servers'>): [string, ExchangeServerConfig][] =>
  Object.entries(servers).flatMap(([name, server]): [string, ExchangeServerConfig][] =>
    server.kind === 'exchange' ? [[name, server]] : [],
  );
