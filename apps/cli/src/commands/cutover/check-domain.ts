import { hostname } from 'node:os';
import { createLookup, createObserver } from '@mxodus/dns';
import { type DnsEndpoint, dnsName, type Gate } from '@mxodus/model';
import { standaloneCheck } from '@mxodus/runner';
import { createMtaStsFetcher, createSmtpClient } from '@mxodus/smtp';
import { addressesIn } from '../../config/probe-recipients.ts';
import type { Session } from '../session.ts';

export interface DomainCheckOptions {
  to: readonly string[];
  recipients?: string | undefined;
  resolver?: string | undefined;
  authoritative: readonly string[];
  dkim: readonly string[];
  smtpPort: number;
}

const SMTP_TIMEOUT_MS = 30_000;

/** The gates of a domain, with nothing but DNS and SMTP. Addresses of other domains are not asked for. */
export async function checkDomain(
  domain: string,
  options: DomainCheckOptions,
  { now, signal }: Pick<Session, 'now' | 'signal'>,
): Promise<Gate[]> {
  const { to, recipients, resolver, authoritative, dkim, smtpPort } = options;
  const resolvers = resolver === undefined ? [] : [resolver];
  const observer = createObserver({ resolvers });
  const servers = authoritative.length === 0 ? [] : await observer.authoritative(domain, authoritative, signal);
  const listed = recipients === undefined ? [] : await addressesIn(recipients, process.cwd());
  return standaloneCheck(domain, {
    ...(to.length === 0 ? {} : { newHosts: to }),
    ...(authoritative.length === 0 ? {} : { authoritative }),
    recipients: listed
      .map((address) => address.toLowerCase())
      .filter((address) => address.endsWith(`@${dnsName(domain)}`)),
    ports: {
      observer,
      lookup: createLookup({ zones: zonesAbove(domain, servers), resolvers }),
      smtp: createSmtpClient({ helo: hostname(), timeoutMs: SMTP_TIMEOUT_MS }),
      mtaSts: createMtaStsFetcher(),
      now: () => now().getTime(),
    },
    signal,
    dkim,
    probe: { smtp_port: smtpPort },
  });
}

/** Servers that were named are asked for the domain and all above it: which of these is the zone is not known yet. */
function zonesAbove(
  domain: string,
  servers: readonly DnsEndpoint[],
): { zone: string; servers: readonly DnsEndpoint[] }[] {
  if (servers.length === 0) return [];
  const labels = dnsName(domain).split('.');
  return labels.slice(0, -1).map((_, depth) => ({ zone: labels.slice(depth).join('.'), servers }));
}
