import { hostname } from 'node:os';
import { createLookup, createObserver } from '@mxodus/dns';
import { type DnsEndpoint, dnsName, type Gate, type LookupResult } from '@mxodus/model';
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

export interface DomainCheck {
  gates: Gate[];
  /** As it is today. */
  mx: LookupResult;
  /** Of the list: those asked for, and those of other domains, which are not. null: no list was named. */
  recipients: { asked: number; elsewhere: number } | null;
}

/** The gates of a domain, with nothing but DNS and SMTP. Addresses of other domains are not asked for. */
export async function checkDomain(
  domain: string,
  options: DomainCheckOptions,
  { now, signal }: Pick<Session, 'now' | 'signal'>,
): Promise<DomainCheck> {
  const { to, recipients, resolver, authoritative, dkim, smtpPort } = options;
  const resolvers = resolver === undefined ? [] : [resolver];
  const observer = createObserver({ resolvers });
  const servers = authoritative.length === 0 ? [] : await observer.authoritative(domain, authoritative, signal);
  const listed = recipients === undefined ? [] : await addressesIn(recipients, process.cwd());
  const ours = listed
    .map((address) => address.toLowerCase())
    .filter((address) => address.endsWith(`@${dnsName(domain)}`));
  const lookup = createLookup({ zones: zonesAbove(domain, servers), resolvers });
  let own = lookup;
  const gates = await standaloneCheck(domain, {
    ...(to.length === 0 ? {} : { newHosts: to }),
    ...(authoritative.length === 0 ? {} : { authoritative }),
    recipients: ours,
    ports: {
      observer,
      lookup,
      lookupIn: (zone, found) => {
        own = createLookup({ zones: [{ zone, servers: found }], resolvers });
        return own;
      },
      smtp: createSmtpClient({ helo: hostname(), timeoutMs: SMTP_TIMEOUT_MS }),
      mtaSts: createMtaStsFetcher(),
      now: () => now().getTime(),
    },
    signal,
    dkim,
    probe: { smtp_port: smtpPort },
  });
  // Of the zone's own servers, where they were found: a resolver tells what is left of the TTL.
  const mx = await own.lookUp(dnsName(domain), 'MX', signal);
  const counted = { asked: ours.length, elsewhere: listed.length - ours.length };
  return { gates, mx, recipients: recipients === undefined ? null : counted };
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
