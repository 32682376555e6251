import {
  type AdvisedRecord,
  type DnsEndpoint,
  type DomainConfig,
  type DomainPlan,
  dnsName,
  MxodusError,
  type MxRecord,
  mxRecord,
  mxText,
  type Observation,
  sortMx,
} from '@mxodus/model';
import { agreedRrset } from './agreed-rrset.ts';
import { moves, rrsetKey } from './change-groups.ts';
import { planRecords } from './plan-records.ts';
import { recordsText } from './rrset-text.ts';

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
  /** Of every RRset of `rrsetsToObserve`, by `rrsetKey`. */
  observations: ReadonlyMap<string, readonly Observation[]>;
  /** Records the new mail system asks for beside the MX. */
  advised?: readonly AdvisedRecord[];
}): { plan: DomainPlan; warnings: string[] } {
  const { config, observations } = options;
  const domain = dnsName(options.domain);
  const zone = dnsName(config.dns.zone);
  if (!isInZone(domain, zone)) {
    throw new MxodusError('CONFIG_INVALID', {
      what: `domains.${domain}: the domain is not inside its zone "${zone}"`,
      why: 'the zone must be the domain itself or a parent of it',
      advice: 'correct `dns.zone`',
    });
  }
  const records = wantedRecords(domain, config);
  const served = agreedRrset(observations);
  const before = served({ name: domain, type: 'MX' });
  const after = { ttl: before.records.length === 0 ? NEW_RRSET_TTL : before.ttl, records };
  const beside = planRecords(options, served);
  const outside = beside.others.find(({ name }) => !isInZone(name, zone));
  if (outside !== undefined) {
    throw new MxodusError('CONFIG_INVALID', {
      what: `domains.${domain}: ${outside.name} is not inside the zone "${zone}"`,
      why: 'one provider changes one zone',
      advice: 'remove the record, or change it at the zone it is in',
    });
  }
  const plan: DomainPlan = {
    ...{ domain, zone, provider: config.dns.provider },
    authoritative: options.authoritative.map(({ name, address, port }) => ({ name, address, port })),
    before: { ttl: before.ttl, records: before.records.map(mxRecord) },
    after,
    ...(beside.others.length === 0 ? {} : { others: beside.others }),
    ...(options.advised === undefined ? {} : { advised: beside.advised.map((record) => ({ ...record })) }),
  };
  return { plan, warnings: [...warningsOf(plan), ...beside.warnings] };
}

function isInZone(name: string, zone: string): boolean {
  return name === zone || name.endsWith(`.${zone}`);
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

function warningsOf(plan: DomainPlan): string[] {
  const { domain, before, after } = plan;
  if (!moves(plan)) {
    const text = recordsText('MX', after.records.map(mxText));
    return [`${domain}: the MX is ${text} already; the cutover will not touch it`];
  }
  if (before.records.length === 0) return [`${domain}: has no MX yet; it will be created with TTL ${after.ttl}`];
  return [];
}

/** The observations of one look, by `rrsetKey`. */
export function observationsByRrset(
  seen: readonly { rrset: Parameters<typeof rrsetKey>[0]; observations: readonly Observation[] }[],
): ReadonlyMap<string, readonly Observation[]> {
  return new Map(seen.map(({ rrset, observations }) => [rrsetKey(rrset), observations]));
}
