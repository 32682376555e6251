import { randomBytes } from 'node:crypto';
import { type CutoverPlan, isSpf, type MailAuthFacts, moves, spfQuestions } from '@mxodus/engine';
import { type DnsLookup, type DomainPlan, dnsName, type LookupResult } from '@mxodus/model';
import type { LookPorts } from '../ports.ts';
import { inParallel } from './in-parallel.ts';
import { addressesOf, hostsOf, recordsOf } from './mx-hosts.ts';

const DOMAINS_AT_ONCE = 4;
/** Of one SPF record with all its includes: enough to see that it is far beyond ten. */
const MOST_SPF_LOOKUPS = 40;

export type MailAuthPorts = Pick<LookPorts, 'lookup' | 'mtaSts' | 'dkimSelectors'>;

/** Reads what the domains that move publish about their mail. */
export function gatherMailAuth(plan: CutoverPlan, ports: MailAuthPorts, signal: AbortSignal): Promise<MailAuthFacts[]> {
  return readMailAuth(plan.domains.filter(moves), ports, signal);
}

export function readMailAuth(
  domains: readonly DomainPlan[],
  ports: MailAuthPorts,
  signal: AbortSignal,
): Promise<MailAuthFacts[]> {
  return inParallel(domains, DOMAINS_AT_ONCE, (domain) => readDomain(domain, ports, signal));
}

async function readDomain(plan: DomainPlan, ports: MailAuthPorts, signal: AbortSignal): Promise<MailAuthFacts> {
  const { domain } = plan;
  const { lookup } = ports;
  const txtOf = (name: string): Promise<LookupResult> => lookup.lookUp(name, 'TXT', signal);
  const txt = await txtOf(domain);
  const [spfIncludes, dmarc, dkim, mtaSts, tlsRpt, wildcard, own, oldAddresses, newAddresses] = await Promise.all([
    followSpf(spfRecords(plan, txt), domain, lookup, signal),
    txtOf(`_dmarc.${domain}`),
    Promise.all(
      ports
        .dkimSelectors(domain)
        .map(
          async (selector): Promise<[string, LookupResult]> => [
            selector,
            await txtOf(`${selector}._domainkey.${domain}`),
          ],
        ),
    ),
    readMtaSts(plan, ports, signal),
    txtOf(`_smtp._tls.${domain}`),
    lookup.lookUp(`no-one-${randomBytes(6).toString('hex')}.${domain}`, 'MX', signal),
    addressesOf(domain, lookup, signal),
    addressesByHost(hostsOf(plan.before), lookup, signal),
    addressesByHost(hostsOf(plan.after), lookup, signal),
  ]);
  return {
    ...{ domain, txt, spfIncludes, dmarc, dkim: Object.fromEntries(dkim), mtaSts, tlsRpt, wildcard },
    address: own.a.kind === 'answer' ? own.a : own.aaaa.kind === 'answer' ? own.aaaa : own.a,
    oldAddresses: Object.values(oldAddresses).flat(),
    newAddresses,
  };
}

/** Those that are there, and those the plan makes. */
function spfRecords(plan: DomainPlan, txt: LookupResult): string[] {
  return [...recordsOf(txt), ...plannedTxt(plan, plan.domain)].filter(isSpf);
}

function plannedTxt({ others = [] }: DomainPlan, name: string): readonly string[] {
  return others.find((one) => one.type === 'TXT' && dnsName(one.name) === name)?.after.records ?? [];
}

/** Everything the cost of the records hangs on, level by level. */
async function followSpf(
  records: readonly string[],
  domain: string,
  lookup: DnsLookup,
  signal: AbortSignal,
): Promise<Record<string, LookupResult>> {
  const answers: Record<string, LookupResult> = {};
  let next = records.flatMap((record) => spfQuestions(record, domain));
  while (next.length > 0) {
    const open = [...new Map(next.map((question) => [question.key, question])).values()]
      .filter(({ key }) => answers[key] === undefined)
      .slice(0, MOST_SPF_LOOKUPS - Object.keys(answers).length);
    const results = await Promise.all(open.map(({ name, type }) => lookUpSpf(name, type, lookup, signal)));
    next = open.flatMap(({ key, name, type }, index) => {
      const result = results[index];
      if (result === undefined) return [];
      answers[key] = result;
      return type === 'TXT'
        ? recordsOf(result)
            .filter(isSpf)
            .flatMap((record) => spfQuestions(record, name))
        : [];
    });
  }
  return answers;
}

/** An `a` is asked for by the kind of the sender's address: it is void only where there is neither. */
async function lookUpSpf(
  name: string,
  type: 'TXT' | 'A' | 'MX',
  lookup: DnsLookup,
  signal: AbortSignal,
): Promise<LookupResult> {
  const result = await lookup.lookUp(name, type, signal);
  return type === 'A' && result.kind === 'absent' ? lookup.lookUp(name, 'AAAA', signal) : result;
}

/** The policy is asked for only where a record says that there is one, as senders do. */
async function readMtaSts(
  plan: DomainPlan,
  { lookup, mtaSts }: Pick<MailAuthPorts, 'lookup' | 'mtaSts'>,
  signal: AbortSignal,
): Promise<MailAuthFacts['mtaSts']> {
  const { domain } = plan;
  const txt = await lookup.lookUp(`_mta-sts.${domain}`, 'TXT', signal);
  const says = [...recordsOf(txt), ...plannedTxt(plan, `_mta-sts.${domain}`)].some((record) =>
    /^v=STSv1\b/.test(record),
  );
  if (!says) return { txt, policy: { kind: 'none' }, addresses: [] };
  const [policy, { addresses }] = await Promise.all([
    mtaSts(domain, signal),
    addressesOf(`mta-sts.${domain}`, lookup, signal),
  ]);
  return { txt, policy, addresses };
}

async function addressesByHost(
  hosts: readonly string[],
  lookup: DnsLookup,
  signal: AbortSignal,
): Promise<Record<string, readonly string[]>> {
  const found = await Promise.all(hosts.map((host) => addressesOf(host, lookup, signal)));
  return Object.fromEntries(hosts.map((host, index) => [host, found[index]?.addresses ?? []]));
}
