import {
  type AdvisedRecord,
  type DnsEndpoint,
  type DomainConfig,
  type DomainPlan,
  dnsName,
  MxodusError,
  type MxRecord,
  type MxRrset,
  type Observation,
  sameRrset,
  sortMx,
} from '@mxodus/model';
import { moves } from './change-groups.ts';
import { recordsText, rrsetText, serverText } from './mx-text.ts';

/** The TTL of an MX RRset that mxodus creates. */
const NEW_RRSET_TTL = 3600;

/**
 * The DNS part of a plan for one domain: what every authoritative server serves now, and what the config wants. Throws where the servers
 * do not answer or disagree: no plan is made on records that are not known.
 */
export function planDomain(options: {
  domain: string;
  config: DomainConfig;
  authoritative: readonly DnsEndpoint[];
  observations: readonly Observation[];
  /** Records the new mail system asks for beside the MX. */
  advised?: readonly AdvisedRecord[];
}): { plan: DomainPlan; warnings: string[] } {
  const { config } = options;
  const domain = dnsName(options.domain);
  const zone = dnsName(config.dns.zone);
  if (domain !== zone && !domain.endsWith(`.${zone}`)) {
    throw new MxodusError('CONFIG_INVALID', {
      what: `domains.${domain}: the domain is not inside its zone "${zone}"`,
      why: 'the zone must be the domain itself or a parent of it',
      advice: 'correct `dns.zone`',
    });
  }
  const records = wantedRecords(domain, config);
  const before = agreed(domain, options.observations);
  const after = { ttl: before.records.length === 0 ? NEW_RRSET_TTL : before.ttl, records };
  const authoritative = options.authoritative.map(({ name, address, port }) => ({ name, address, port }));
  const copy = { ttl: before.ttl, records: sortMx(before.records) };
  const advised = options.advised?.map((record) => ({ ...record }));
  const plan = {
    ...{ domain, zone, provider: config.dns.provider, authoritative, before: copy, after },
    ...(advised === undefined ? {} : { advised }),
  };
  return { plan, warnings: warningsOf(plan) };
}

function wantedRecords(domain: string, { mx }: DomainConfig): MxRecord[] {
  if (mx.records === undefined) {
    throw new MxodusError('CONFIG_INVALID', {
      what: `domains.${domain}.mx: the MX records to switch to are missing`,
      why: `mxodus cannot ask the server "${mx.to}" which hosts take its mail`,
      advice: 'add records: mx: { to: …, records: [{ host: mx1.new.example, preference: 10 }] }',
    });
  }
  const literal = mx.records.find(({ host }) => /^[\d.]+$|:/.test(host));
  if (literal !== undefined) {
    throw new MxodusError('CONFIG_INVALID', {
      what: `domains.${domain}.mx: "${literal.host}" is an address`,
      why: 'an MX names a host, never an address (RFC 1035 section 3.3.9)',
      advice: 'write the name of the host',
    });
  }
  return sortMx(mx.records);
}

function agreed(domain: string, observations: readonly Observation[]): MxRrset {
  const [first, ...others] = observations.map((observation) => ({
    server: observation.server,
    live: reading(domain, observation),
  }));
  if (first === undefined) {
    throw new MxodusError('DNS_UNREACHABLE', {
      what: `no authoritative server of ${domain} is known`,
      why: 'neither the NS set nor `dns.authoritative` names one',
      advice: 'list the servers in `dns.authoritative`',
    });
  }
  const other = others.find(({ live }) => !sameRrset(live, first.live));
  if (other === undefined) return first.live;
  throw new MxodusError('DNS_ANSWER', {
    what: `the authoritative servers do not agree on the MX of ${domain}`,
    why: `${serverText(first.server)} serves ${rrsetText(first.live)}, ${serverText(other.server)} ${rrsetText(other.live)}`,
    advice: 'wait until the zone was transferred, or repair the server that lags; then plan again',
  });
}

function reading(domain: string, observation: Observation): MxRrset {
  const server = serverText(observation.server);
  if (observation.kind === 'error') {
    throw new MxodusError('DNS_UNREACHABLE', {
      what: `${server} did not tell the MX of ${domain}`,
      why: observation.why,
      advice: 'every authoritative server must answer over UDP and TCP; repair it, or take it out of the NS set',
    });
  }
  if (!observation.authoritative) {
    throw new MxodusError('DNS_ANSWER', {
      what: `${server} answers for ${domain} without authority`,
      why: 'the AA flag is missing: it is a cache, or it does not serve the zone',
      advice: 'correct `dns.authoritative`, or the NS set of the zone',
    });
  }
  return observation.kind === 'answer' ? observation.mx : { ttl: observation.negativeTtl ?? 0, records: [] };
}

function warningsOf(plan: DomainPlan): string[] {
  const { domain, before, after } = plan;
  if (!moves(plan))
    return [`${domain}: the MX is ${recordsText(after.records)} already; the cutover will not touch it`];
  if (before.records.length === 0) return [`${domain}: has no MX yet; it will be created with TTL ${after.ttl}`];
  return [];
}
