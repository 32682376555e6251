import { type DomainPlan, dnsName } from '@mxodus/model';
import { containsAddress } from '../../spf/contains-address.ts';
import { mergeSpf } from '../../spf/merge-spf.ts';
import { isSpf, spfTerms } from '../../spf/parse-spf.ts';
import { SPF_LENGTH, SPF_LOOKUPS, SPF_VOIDS, type SpfCost, spfCost } from '../../spf/spf-cost.ts';
import { moves } from '../change-groups.ts';
import type { MailAuthFacts } from '../facts.ts';
import { type Finding, firstOf, LOOK_AGAIN, recordsOf } from './findings.ts';

/** What is wrong with the SPF record as it will be when the switch comes. None of it stops mail to the new hosts: all is amber. */
export function spfFindings(plan: DomainPlan, facts: MailAuthFacts): Finding[] {
  const { domain } = plan;
  const planned = plannedTxt(plan);
  if (planned === undefined && facts.txt.kind === 'error') {
    return [amber(`${domain}: its SPF record could not be looked up: ${facts.txt.why}`, LOOK_AGAIN)];
  }
  const [record, ...others] = (planned ?? recordsOf(facts.txt)).filter(isSpf);
  const wanted = (plan.advised ?? []).filter(
    ({ type, name, value }) => type === 'TXT' && dnsName(name) === domain && isSpf(value),
  );
  if (record === undefined) {
    const fix = `publish one TXT record at ${domain}${wanted[0] === undefined ? '' : `: ${wanted[0].value}`}`;
    return [amber(`${domain}: has no SPF record`, fix)];
  }
  if (others.length > 0) {
    const merged = others.reduce(mergeSpf, record);
    const why = `${domain}: has ${others.length + 1} SPF records, which is an error to receivers (RFC 7208 section 4.5)`;
    return [amber(why, `replace them by one: ${merged}`)];
  }
  const cost = spfCost(record, domain, facts.spfIncludes);
  return [...costFindings(domain, record, cost), ...newSideFindings(plan, facts, { record, cost, wanted })];
}

/** The TXT records the plan makes before the switch, or with it. */
function plannedTxt({ domain, others = [] }: DomainPlan): readonly string[] | undefined {
  return others.find(({ name, type, when }) => type === 'TXT' && dnsName(name) === domain && when !== 'restore')?.after
    .records;
}

function costFindings(domain: string, record: string, cost: SpfCost): Finding[] {
  const about = `${domain}: its SPF record`;
  const found: Finding[] = [];
  if (cost.lookups > SPF_LOOKUPS) {
    const why = `${about} needs ${cost.lookups} look-ups; receivers stop at ${SPF_LOOKUPS} (RFC 7208 section 4.6.4)`;
    const fix = `take includes out that nobody sends from any more; it is: ${record}`;
    found.push(amber(why, fix));
  }
  if (cost.voids > SPF_VOIDS) {
    const why = `${about} asks ${cost.voids} times for what is not there; receivers stop at ${SPF_VOIDS}`;
    found.push(amber(why, 'take out the terms whose names are gone'));
  }
  if (cost.faults.length > 0)
    found.push(amber(`${about} is an error to receivers: ${firstOf(cost.faults)}`, 'correct it'));
  if (cost.allowsAll) found.push(amber(`${about} allows anybody to send (+all)`, 'end it with ~all or -all'));
  if (record.length > SPF_LENGTH) {
    const why = `${about} has ${record.length} octets; more than ${SPF_LENGTH} may not fit into an answer over UDP`;
    found.push(amber(why, 'move a part of it into an include'));
  }
  if (cost.unknown.length > 0)
    found.push(amber(`${about} could not be followed: ${firstOf(cost.unknown)}`, LOOK_AGAIN));
  return found;
}

/** What the new mail system asks for must be in it; without such advice at least one address of the new hosts. */
function newSideFindings(
  plan: DomainPlan,
  facts: MailAuthFacts,
  { record, cost, wanted }: { record: string; cost: SpfCost; wanted: readonly { value: string }[] },
): Finding[] {
  if (!moves(plan)) return [];
  const { domain } = plan;
  const missing = wanted.filter(({ value }) => !hasTerms(value, cost, record));
  if (missing.length > 0) {
    const merged = missing.reduce((text, { value }) => mergeSpf(text, value), record);
    return [
      amber(
        `${domain}: its SPF record lacks what the new mail system asks for`,
        `before the switch, make it: ${merged}`,
      ),
    ];
  }
  const addresses = Object.values(facts.newAddresses).flat();
  if (wanted.length > 0 || addresses.length === 0) return [];
  const allowed = (address: string): boolean => cost.networks.some((network) => containsAddress(network, address));
  const own = [`mx:${domain}`, ...Object.keys(facts.newAddresses).map((host) => `a:${host}`)];
  const viaHost = cost.hosts.some(
    (key) => own.includes(key) || recordsOf(facts.spfIncludes[key]).some((record) => addresses.includes(record)),
  );
  if (cost.allowsAll || viaHost || addresses.some(allowed)) return [];
  const terms = addresses.map((address) => `${address.includes(':') ? 'ip6' : 'ip4'}:${address}`);
  const why = `${domain}: its SPF record allows none of the new hosts; if they also send its mail, receivers refuse that`;
  return [amber(why, `before the switch, make it: ${mergeSpf(record, ['v=spf1', ...terms].join(' '))}`)];
}

/** Every include and address of `wanted` is in the record, or in what it includes. */
function hasTerms(wanted: string, cost: SpfCost, record: string): boolean {
  return (
    mergeSpf(record, wanted) === record ||
    spfTerms(wanted).every((term) => {
      if (term.kind !== 'mechanism' || term.name === 'all') return true;
      if (term.name === 'include') return cost.includes.includes(dnsName(term.value));
      return (
        (term.name === 'ip4' || term.name === 'ip6') &&
        cost.networks.some((network) => containsAddress(network, term.value))
      );
    })
  );
}

function amber(why: string, fix: string): Finding {
  return { status: 'amber', why, fix };
}
