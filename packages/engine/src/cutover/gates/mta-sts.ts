import type { DomainPlan } from '@mxodus/model';
import { dnsName } from '@mxodus/model';
import { moves } from '../change-groups.ts';
import type { MailAuthFacts } from '../facts.ts';
import { type Finding, recordsOf } from './findings.ts';

const ORDER =
  'add them to the policy file first, keep the old ones until the drain is over, and only then change the id of the _mta-sts TXT record (RFC 8461 section 8.1)';

/** Senders that honour MTA-STS deliver to no host the policy does not list, where its mode is enforce (RFC 8461 section 5). */
export function mtaStsFindings(plan: DomainPlan, facts: MailAuthFacts): Finding[] {
  const { domain } = plan;
  const { txt, policy, addresses } = facts.mtaSts;
  if (txt.kind === 'error') {
    const why = `${domain}: whether it has an MTA-STS policy could not be looked up: ${txt.why}`;
    return [{ status: 'unknown', why, fix: 'repair the name servers of the zone, then check again' }];
  }
  const ids = recordsOf(txt).filter((record) => /^v=STSv1\s*(;|$)/.test(record));
  if (ids.length === 0) return [];
  if (ids.length > 1) {
    const fix = 'keep one: with several there is no policy (RFC 8461 section 3.1)';
    return [{ status: 'amber', why: `${domain}: has ${ids.length} _mta-sts records`, fix }];
  }
  if (policy.kind !== 'policy') {
    const why = policy.kind === 'none' ? 'there is none at its address' : policy.why;
    const fix = 'publish the policy again, with the new MX hosts, or remove the _mta-sts record';
    // Senders keep the last one they saw, up to a year (max_age): what it lists is not known.
    const status = policy.kind === 'none' ? 'amber' : 'unknown';
    return [{ status, why: `${domain}: says it has an MTA-STS policy, which could not be read: ${why}`, fix }];
  }
  return [
    ...policyFindings(plan, policy.text, recordsOf(facts.tlsRpt).length > 0),
    ...placeFindings(plan, facts, addresses),
  ];
}

function policyFindings({ domain, before, after }: DomainPlan, text: string, isReported: boolean): Finding[] {
  const { version, mode, hosts } = readPolicy(text);
  if (version !== 'STSv1' || (mode !== 'none' && hosts.length === 0)) {
    const why = `${domain}: its MTA-STS policy is not valid`;
    return [{ status: 'amber', why, fix: 'it needs version: STSv1, mode, mx and max_age, a line each' }];
  }
  if (mode !== 'enforce' && mode !== 'testing') return [];
  const missing = (records: DomainPlan['after']['records']): string[] =>
    records.map(({ host }) => dnsName(host)).filter((host) => !hosts.some((pattern) => covers(pattern, host)));
  const absent = missing(after.records);
  if (absent.length > 0) {
    const why = `${domain}: its MTA-STS policy (${mode}) does not list ${absent.join(', ')}`;
    const does = mode === 'enforce' ? ': senders that honour it would not deliver there' : '';
    return [{ status: mode === 'enforce' ? 'red' : 'amber', why: why + does, fix: ORDER }];
  }
  const found: Finding[] = [];
  const gone = missing(before.records);
  if (gone.length > 0) {
    const fix = 'list old and new hosts until the drain is over';
    found.push({
      status: 'amber',
      why: `${domain}: its MTA-STS policy does not list ${gone.join(', ')} of today`,
      fix,
    });
  }
  if (mode === 'enforce' && !isReported) {
    const why = `${domain}: enforces MTA-STS without TLS-RPT: nobody tells of mail that could not be delivered for it`;
    found.push({ status: 'amber', why, fix: `publish _smtp._tls.${domain} (RFC 8460)` });
  }
  return found;
}

function placeFindings(plan: DomainPlan, { oldAddresses }: MailAuthFacts, addresses: readonly string[]): Finding[] {
  const shared = addresses.find((address) => oldAddresses.includes(address));
  if (shared === undefined || !moves(plan)) return [];
  const why = `${plan.domain}: its MTA-STS policy is served from ${shared}, the old host: it ends with that`;
  return [{ status: 'amber', why, fix: `move mta-sts.${plan.domain} elsewhere before the old host is switched off` }];
}

/** RFC 8461 section 3.2; fields that are not known are passed over. */
function readPolicy(text: string): { version: string; mode: string; hosts: string[] } {
  const pairs = text.split(/\r?\n/).map((line) => {
    const colon = line.indexOf(':');
    return { key: line.slice(0, Math.max(colon, 0)).trim(), value: line.slice(colon + 1).trim() };
  });
  const first = (key: string): string => pairs.find((pair) => pair.key === key)?.value ?? '';
  const hosts = pairs.filter(({ key }) => key === 'mx').map(({ value }) => dnsName(value));
  return { version: first('version'), mode: first('mode'), hosts };
}

/** A wildcard stands for exactly one label (RFC 8461 section 4.1). */
function covers(pattern: string, host: string): boolean {
  if (!pattern.startsWith('*.')) return pattern === host;
  return host.includes('.') && host.slice(host.indexOf('.') + 1) === pattern.slice(2);
}
