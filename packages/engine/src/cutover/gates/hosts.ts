import type { Gate, SmtpGreeting } from '@mxodus/model';
import { moves } from '../change-groups.ts';
import type { HostAddressFacts, HostFacts } from '../facts.ts';
import { type Finding, judged, LOOK_AGAIN, notAsked, recordsOf } from './findings.ts';
import type { GateInputs } from './gate.ts';
import { tlsaFindings } from './tlsa.ts';

const GATE = { id: 'G4', name: 'new hosts' };

/** G4: the new MX hosts can be found and reached, and are what other mail hosts expect of one. Only what would lose mail is red. */
export function hostsGate(inputs: GateInputs): Gate {
  const { plan, facts, now } = inputs;
  if (facts === null) return notAsked(GATE);
  const { hosts } = facts;
  if (hosts === null) {
    const why = 'the new MX hosts were not looked at: cutover.probe is not set';
    return { ...GATE, status: 'amber', why, fix: 'set cutover.probe, if only `probe: {}`' };
  }
  const missing = plan.domains
    .filter(moves)
    .flatMap(({ after }) => after.records.map(({ host }) => host))
    .filter((name) => !hosts.some(({ host }) => host === name))
    .map((name): Finding => ({ status: 'unknown', why: `${name} was not asked`, fix: 'check again' }));
  const dane = plan.settings.probe?.dane ?? false;
  const findings = [
    ...missing,
    ...reachFindings(hosts),
    ...hosts.flatMap((host) => [
      ...nameFindings(host),
      ...tlsaFindings(host, dane),
      ...host.addresses.flatMap((address) => addressFindings(host, address, now)),
    ]),
  ];
  return judged(GATE, findings, `${hosts.map(({ host }) => host).join(', ')} answer as mail hosts should`);
}

function nameFindings({ host, alias, a, aaaa }: HostFacts): Finding[] {
  if (alias.kind === 'answer' && alias.records.length > 0) {
    const why = `${host} is an alias of ${alias.records[0]}: an MX must not be one (RFC 2181 section 10.3)`;
    return [{ status: 'red', why, fix: `put ${alias.records[0]} into the MX record, or give ${host} addresses` }];
  }
  const addresses = [...recordsOf(a), ...recordsOf(aaaa)];
  if (addresses.length > 0) return [];
  const error = [a, aaaa, alias].find((result) => result.kind === 'error');
  if (error?.kind === 'error') {
    const why = `the address of ${host} could not be looked up: ${error.why}`;
    return [{ status: 'unknown', why, fix: 'repair the name servers of the host, or the resolver' }];
  }
  const fix = 'correct the name in the MX record, or publish its address first';
  return [{ status: 'red', why: `${host} has no address: mail for it would not leave its sender`, fix }];
}

/** A host that does not answer loses no mail while another of the domain does: senders go on to it. */
function reachFindings(hosts: readonly HostFacts[]): Finding[] {
  const greets = ({ addresses }: HostFacts): boolean => addresses.some(({ greeting }) => greeting.kind === 'greeted');
  const silent = hosts.filter((host) => host.addresses.length > 0 && !greets(host));
  // Nothing at all comes back from any of them: that is this machine, or the network it is in.
  const isBlockedHere = hosts.every((host) => host.addresses.every(({ greeting }) => isBlocked(greeting)));
  return silent.map((host): Finding => {
    const why = `${host.host} does not answer: ${[...new Set(host.addresses.map(({ greeting }) => whyOf(greeting)))].join(', ')}`;
    if (isBlockedHere) {
      const fix = 'outgoing connections to port 25 seem to be blocked here: check from a machine that may send mail';
      return { status: 'unknown', why, fix };
    }
    const alone = host.domains.filter(
      (domain) => !hosts.some((other) => other.domains.includes(domain) && greets(other)),
    );
    if (alone.length === 0) return { status: 'amber', why, fix: 'repair it, or take it out of the MX set' };
    const lost = `${why}, and ${alone.join(', ')} has no other MX host that does`;
    return { status: 'red', why: lost, fix: 'no mail would arrive: make the host reachable first' };
  });
}

function addressFindings(host: HostFacts, facts: HostAddressFacts, now: number): Finding[] {
  const at = `${host.host} (${facts.address})`;
  const found = [...ptrFindings(at, facts), ...listFindings(at, facts)];
  const { greeting } = facts;
  if (greeting.kind === 'greeted') return [...found, ...greetingFindings(at, host, greeting, now)];
  const others = host.addresses.some((other) => other.greeting.kind === 'greeted');
  // Of a host that answers at its other address: no way there may only mean that this machine has no IPv6.
  if (!others) return found;
  const fix = greeting.blocked
    ? 'look whether this machine has a way there (IPv6); if it has, repair the host or remove the address'
    : 'repair the host at this address, or remove the address';
  return [...found, { status: 'amber', why: `${at} does not answer: ${greeting.why}`, fix }];
}

function ptrFindings(at: string, { address, ptr, forward }: HostAddressFacts): Finding[] {
  const fix = 'ask the provider of the address for a PTR record that names the host: receivers of its mail look for it';
  if (ptr.kind === 'error')
    return [{ status: 'amber', why: `the PTR of ${at} could not be looked up: ${ptr.why}`, fix: LOOK_AGAIN }];
  if (recordsOf(ptr).length === 0) return [{ status: 'amber', why: `${at} has no PTR record`, fix }];
  if (recordsOf(forward).includes(address)) return [];
  const why = `the PTR of ${at} names ${recordsOf(ptr).join(', ')}, which does not have that address`;
  return [{ status: 'amber', why, fix }];
}

function listFindings(at: string, { listed }: HostAddressFacts): Finding[] {
  return listed.flatMap(({ list, result }): Finding[] => {
    if (result.kind === 'absent') return [];
    // RFC 5782 section 2.1: a listing is 127/8; 127.255.255.x says that the question is not allowed.
    const refusal =
      result.kind === 'error' ? result.why : result.records.find((record) => /^127\.255\.255\./.test(record));
    if (refusal !== undefined) {
      const fix = 'ask through a resolver of your own: block lists do not answer public ones';
      return [{ status: 'amber', why: `${list} does not say whether ${at} is listed: ${refusal}`, fix }];
    }
    const codes = recordsOf(result).filter((record) => record.startsWith('127.'));
    if (codes.length === 0) return [];
    const fix = `ask ${list} for removal: others refuse what this host sends`;
    return [{ status: 'amber', why: `${at} is listed by ${list} (${codes.join(', ')})`, fix }];
  });
}

function greetingFindings(
  at: string,
  { host, largestMessage }: HostFacts,
  greeting: Extract<SmtpGreeting, { kind: 'greeted' }>,
  now: number,
): Finding[] {
  const found: Finding[] = [];
  const amber = (why: string, fix: string): void => void found.push({ status: 'amber', why, fix });
  const { ehlo, banner, sizeLimit, tls } = greeting;
  if (!/^[^.\s]+(\.[^.\s]+)+$/.test(ehlo)) {
    amber(`${at} calls itself "${ehlo || banner}" in EHLO, which is no host name`, 'set the name of the mail server');
  }
  if (sizeLimit !== null && largestMessage !== null && sizeLimit < largestMessage) {
    const why = `${at} takes messages of ${sizeLimit} bytes at most; the old host took one of ${largestMessage}`;
    amber(why, 'raise the limit of the new host, or tell people');
  }
  if (tls === null) amber(`${at} offers no STARTTLS`, 'switch TLS on: some senders insist on it');
  else if (typeof tls === 'string') amber(`TLS with ${at} fails: ${tls}`, 'repair TLS: some senders insist on it');
  else if (tls.certificate.fault !== null) {
    const why = `the certificate of ${at} is not trusted: ${tls.certificate.fault}`;
    amber(why, `get one for ${host}: senders that honour MTA-STS insist on it`);
  } else if (tls.certificate.validTo < now + 14 * DAY_MS) {
    amber(
      `the certificate of ${at} ends on ${new Date(tls.certificate.validTo).toISOString().slice(0, 10)}`,
      'renew it',
    );
  }
  return found;
}

const DAY_MS = 86_400_000;

function isBlocked(greeting: SmtpGreeting): boolean {
  return greeting.kind === 'unreachable' && greeting.blocked;
}

function whyOf(greeting: SmtpGreeting): string {
  return greeting.kind === 'unreachable' ? greeting.why : '';
}
