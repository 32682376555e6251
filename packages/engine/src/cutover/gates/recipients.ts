import type { Gate, RcptAnswer } from '@mxodus/model';
import { moves } from '../change-groups.ts';
import type { CutoverFacts, RecipientFacts } from '../facts.ts';
import { type Finding, firstOf, judged, notAsked } from './findings.ts';
import type { GateInputs } from './gate.ts';

const GATE = { id: 'G3', name: 'recipients' };
const LIST = 'add addresses to cutover.probe.recipients';

/** G3: the new hosts take mail for every address, and refuse an address that nobody has, without which the rest proves nothing. */
export function recipientsGate({ plan, facts }: GateInputs): Gate {
  if (facts === null) return notAsked(GATE);
  const { recipients } = facts;
  const asked = new Set(recipients?.controls.map(({ domain }) => domain));
  const domains = plan.domains.filter((one) => moves(one) || asked.has(one.domain)).map(({ domain }) => domain);
  if (domains.length === 0) return judged(GATE, [], 'no domain gets new MX hosts');
  if (recipients === null) {
    const why = 'the new MX hosts were not asked whether they take mail: cutover.probe is not set';
    return { ...GATE, status: 'amber', why, fix: 'set cutover.probe, if only `probe: {}`' };
  }
  if (isBlocked(facts)) {
    const why = 'no mail host answers this machine at all: outgoing connections to port 25 seem to be blocked here';
    const fix = 'ask the provider of this machine to open port 25, or run the check from one that may send mail';
    return { ...GATE, status: 'unknown', why, fix };
  }
  const findings = domains.flatMap((domain) => findingsOf(domain, recipients));
  const count = recipients.answers.length;
  return judged(GATE, findings, `all ${count} addresses are taken, and one that nobody has is refused`);
}

/** Of all addresses of all new hosts not one let anything through. */
function isBlocked({ hosts }: CutoverFacts): boolean {
  const greetings = (hosts ?? []).flatMap(({ addresses }) => addresses.map(({ greeting }) => greeting));
  return greetings.length > 0 && greetings.every((greeting) => greeting.kind === 'unreachable' && greeting.blocked);
}

function findingsOf(domain: string, { answers, controls, unreachable }: RecipientFacts): Finding[] {
  const unresolved = unreachable.find((one) => one.domain === domain);
  if (unresolved !== undefined) {
    const why = `${domain}: its new MX hosts cannot be asked: ${unresolved.why}`;
    return [{ status: 'unknown', why, fix: 'see G4' }];
  }
  const own = answers.filter(({ address }) => domainOf(address) === domain);
  if (own.length === 0) {
    return [{ status: 'unknown', why: `${domain}: no address of it is known, so none was asked for`, fix: LIST }];
  }
  const of = (kind: RcptAnswer['kind']) => own.filter(({ answer }) => answer.kind === kind);
  const found: Finding[] = [];
  const refused = of('refused');
  if (refused.length > 0) {
    const named = firstOf(
      refused.map(({ address }) => address),
      ', ',
    );
    const said = refused[0] === undefined ? '' : `: ${refused[0].host} says ${sayingOf(refused[0].answer)}`;
    const fix = 'create the addresses at the new hosts: mail to them would be sent back';
    found.push({ status: 'red', why: `${refused.length} of ${own.length} addresses refused: ${named}${said}`, fix });
  }
  const open = [...of('later'), ...of('unasked')];
  if (open.length > 0) {
    const named = firstOf(
      open.map(({ address }) => address),
      ', ',
    );
    const why = `${open.length} of ${own.length} addresses without an answer that counts: ${named}: ${open[0]?.host} says ${sayingOf(open[0]?.answer)}`;
    const fix = open.some(({ answer }) => answer.kind === 'later')
      ? 'check again in some minutes, or have this machine exempt from greylisting'
      : 'make the new hosts answer this machine, then check again';
    found.push({ status: 'unknown', why, fix });
  }
  const taking = new Set(of('accepted').map(({ host }) => host));
  return [
    ...found,
    ...controlFindings(
      domain,
      controls.filter((control) => control.domain === domain),
      taking,
    ),
  ];
}

/** The hosts that take addresses must have refused the one that nobody has. */
function controlFindings(domain: string, controls: RecipientFacts['controls'], taking: ReadonlySet<string>): Finding[] {
  const anything = controls.find(({ answer }) => answer.kind === 'accepted');
  if (anything !== undefined) {
    const why = `${anything.host} takes any address of ${domain}, also one that nobody has: its answers prove nothing`;
    const fix = 'switch off the catch-all, or make the domain authoritative there; where it has to be, waive G3';
    return [{ status: 'unknown', why, fix }];
  }
  const unproven = [...taking].filter(
    (host) => !controls.some((control) => control.host === host && control.answer.kind === 'refused'),
  );
  return unproven.map((host) => {
    const control = controls.find((one) => one.host === host);
    const why = `${host} did not say whether it would take an address of ${domain} that nobody has: ${sayingOf(control?.answer)}`;
    return { status: 'unknown', why, fix: 'check again in some minutes' };
  });
}

function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1).toLowerCase();
}

function sayingOf(answer: RcptAnswer | undefined): string {
  if (answer === undefined) return 'nothing';
  return answer.kind === 'unasked' ? answer.why : `"${answer.text}"`;
}
