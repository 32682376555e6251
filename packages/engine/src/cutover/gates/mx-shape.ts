import { type DomainPlan, dnsName, type Gate, mxRecord, mxText } from '@mxodus/model';
import { moves } from '../change-groups.ts';
import type { MailAuthFacts } from '../facts.ts';
import { type Finding, judged, recordsOf } from './findings.ts';
import type { GateInputs } from './gate.ts';

const GATE = { id: 'G16', name: 'MX set' };

/** G16: what is wrong with the new MX set as a set, and with what is left beside it. Most of it is seen without asking anybody. */
export function mxShapeGate({ plan, facts }: GateInputs): Gate {
  const findings = plan.domains.flatMap((domain) => {
    const known = facts?.mailAuth.find((one) => one.domain === domain.domain);
    if (known === undefined && !moves(domain)) return [];
    const unknown: Finding = { status: 'unknown', why: `${domain.domain}: not asked yet`, fix: 'check again' };
    const shape = [...hostFindings(domain, known), ...oldFindings(domain, known)];
    return known === undefined ? [...shape, unknown] : [...shape, ...aroundFindings(domain, known)];
  });
  return judged(GATE, findings, 'the new set names hosts of the new side only');
}

function hostFindings({ domain, zone, after }: DomainPlan, facts: MailAuthFacts | undefined): Finding[] {
  const hosts = after.records.map(({ host }) => dnsName(host));
  const found: Finding[] = [];
  const add = (status: Finding['status'], why: string, fix: string): void => {
    found.push({ status, why: `${domain}: ${why}`, fix });
  };
  if (hosts.includes('.')) {
    const why = hosts.length > 1 ? 'has the null MX beside others' : 'gets the null MX: it would take no mail at all';
    add('red', why, 'the null MX (RFC 7505) stands alone, on a domain without mail: remove it');
  }
  for (const host of hosts.filter((name) => name !== '.')) {
    const resolves = (facts?.newAddresses[host] ?? []).length > 0;
    if (isAddress(host)) {
      add(
        'red',
        `the MX ${host} is an address: an MX names a host (RFC 1035 section 3.3.9)`,
        'write the name of the host',
      );
    } else if (looksCutOff(host, [domain, zone])) {
      const meant = withoutZone(host, [domain, zone]);
      const fix = `write "${meant}." with its final dot, where the zone file or panel wants one`;
      add(resolves ? 'amber' : 'red', `the MX ${host} looks as if it should be ${meant}`, fix);
    }
  }
  const exchange = hosts.filter((host) => /\.(mail\.protection\.outlook\.com|mx\.microsoft)$/.test(host));
  if (exchange.length > 0 && hosts.length > 1) {
    const fix = `keep ${exchange[0]} only: Microsoft does not support others beside it`;
    add('amber', `${hosts.length} MX hosts, and one is Exchange Online`, fix);
  }
  return found;
}

function isAddress(host: string): boolean {
  return /^\d+(\.\d+){3}$/.test(host) || host.includes(':');
}

const GENERIC: ReadonlySet<string> = new Set([
  'com',
  'net',
  'org',
  'info',
  'biz',
  'cloud',
  'email',
  'microsoft',
  'example',
  'test',
]);

/** "mx.new.net.example.com": a name that was made relative to the zone by a missing dot. */
function looksCutOff(host: string, zones: readonly string[]): boolean {
  const rest = withoutZone(host, zones);
  if (rest === host) return false;
  if (zones.some((zone) => rest === zone || rest.endsWith(`.${zone}`))) return true;
  const labels = rest.split('.');
  const last = labels.at(-1) ?? '';
  // Two letters may be a country, and may be a site: mx.de.example.com is a good name.
  return (labels.length >= 2 && GENERIC.has(last)) || (labels.length >= 3 && /^[a-z]{2}$/.test(last));
}

function withoutZone(host: string, zones: readonly string[]): string {
  const zone = zones.map((name) => `.${dnsName(name)}`).find((suffix) => host.endsWith(suffix));
  return zone === undefined ? host : host.slice(0, -zone.length);
}

/** Hosts of the old side in the new set, by their name or their address. */
function oldFindings(plan: DomainPlan, facts: MailAuthFacts | undefined): Finding[] {
  if (!moves(plan)) return [];
  const { domain, before, after } = plan;
  const old = new Set(before.records.map(({ host }) => dnsName(host)));
  const oldAddresses = new Set(facts?.oldAddresses);
  const reasonOf = (host: string): string | null => {
    if (old.has(dnsName(host))) return 'is an MX host of today';
    const same = facts?.newAddresses[dnsName(host)]?.find((address) => oldAddresses.has(address));
    return same === undefined ? null : `is at ${same}, the address of an MX host of today`;
  };
  const fresh = after.records.filter(({ host }) => reasonOf(host) === null).map(({ preference }) => preference);
  const best = Math.min(...fresh);
  return after.records.flatMap(({ host, preference }): Finding[] => {
    const reason = reasonOf(host);
    if (reason === null) return [];
    const about = `${domain}: ${mxText({ host, preference })} of the new set ${reason}`;
    const fix = 'take it out of the new set';
    if (preference < best) {
      return [{ status: 'red', why: `${about}, and comes before the new hosts: mail would go on arriving there`, fix }];
    }
    if (fresh.includes(preference)) {
      return [{ status: 'red', why: `${about}, with the preference of a new host: mail would be split`, fix }];
    }
    return [{ status: 'amber', why: `${about}: as a backup it goes on getting mail, spam above all`, fix }];
  });
}

function aroundFindings(plan: DomainPlan, { wildcard, address }: MailAuthFacts): Finding[] {
  const { domain, before } = plan;
  const found: Finding[] = [];
  const hidden = recordsOf(wildcard).map((record) => dnsName(mxRecord(record).host));
  if (hidden.length > 0) {
    const old = hidden.some((host) => before.records.some((record) => dnsName(record.host) === host));
    const why = `${domain}: a wildcard gives every name below it the MX ${hidden.join(', ')}`;
    const left =
      moves(plan) && old ? `${why}: names below it stay at the old hosts` : `${why}, and hides which have mail`;
    found.push({
      status: 'amber',
      why: left,
      fix: 'give the sub-domains that have mail an MX of their own, and remove the wildcard',
    });
  }
  if (before.records.length === 0 && recordsOf(address).length > 0) {
    const why = `${domain}: has no MX today, so mail goes to its address ${recordsOf(address)[0]} (RFC 5321 section 5.1)`;
    found.push({ status: 'amber', why, fix: 'look whether mail is kept there, and add that host to the sources' });
  }
  return found;
}
