import { randomBytes } from 'node:crypto';
import { type CutoverPlan, moves, type RecipientFacts } from '@mxodus/engine';
import { type DomainPlan, dnsName, type RcptAnswer } from '@mxodus/model';
import type { LookPorts } from '../ports.ts';
import { inParallel } from './in-parallel.ts';
import { addressesOf, hostsOf, whyNoAddress } from './mx-hosts.ts';

const HOSTS_AT_ONCE = 4;

/** Asks the new MX hosts whether they take every address, and one that nobody has. null: `cutover.probe` is not set. */
export async function gatherRecipients(
  plan: CutoverPlan,
  ports: Pick<LookPorts, 'lookup' | 'smtp' | 'recipients'>,
  signal: AbortSignal,
): Promise<RecipientFacts | null> {
  const { probe } = plan.settings;
  if (probe === undefined) return null;
  const addresses = await ports.recipients();
  return askRecipients(plan.domains.filter(moves), { addresses, port: probe.smtp_port, ports, signal });
}

export interface AskOptions {
  addresses: readonly string[];
  port: number;
  ports: Pick<LookPorts, 'lookup' | 'smtp'>;
  signal: AbortSignal;
}

export async function askRecipients(domains: readonly DomainPlan[], options: AskOptions): Promise<RecipientFacts> {
  const asked = await inParallel(domains, HOSTS_AT_ONCE, (domain) => askDomain(domain, options));
  return {
    answers: asked.flatMap(({ answers }) => answers),
    controls: asked.flatMap(({ controls }) => controls),
    unreachable: asked.flatMap(({ unreachable }) => unreachable),
  };
}

async function askDomain(plan: DomainPlan, options: AskOptions): Promise<RecipientFacts> {
  const { domain } = plan;
  const own = options.addresses.filter((address) => dnsName(address.slice(address.lastIndexOf('@') + 1)) === domain);
  const addresses = [...new Set(own)];
  const control = `no-one-${randomBytes(8).toString('hex')}@${domain}`;
  const hosts = hostsOf(plan.after);
  const told = await inParallel(hosts, HOSTS_AT_ONCE, (host) => askHost(host, [...addresses, control], options));
  const asked = told.flatMap((one, index) =>
    one.kind === 'asked' ? [{ host: hosts[index] ?? '', answers: one.answers }] : [],
  );
  if (asked.length === 0) {
    const why = told.map((one) => (one.kind === 'unresolved' ? one.why : '')).join('; ');
    return { answers: [], controls: [], unreachable: [{ domain, why: why || 'the new MX set names no host' }] };
  }
  const of = (address: string) =>
    asked.map(({ host, answers }) => ({
      host,
      answer: answers.get(address) ?? { kind: 'unasked' as const, why: 'no answer' },
    }));
  return {
    answers: addresses.flatMap((address) => worst(of(address)).map((one) => ({ address, ...one }))),
    controls: of(control).map((one) => ({ domain, ...one })),
    unreachable: [],
  };
}

type HostAnswers = { kind: 'asked'; answers: ReadonlyMap<string, RcptAnswer> } | { kind: 'unresolved'; why: string };

/** Goes on to the host's next address with those that have no definite answer yet. */
async function askHost(
  host: string,
  recipients: readonly string[],
  { ports, port, signal }: AskOptions,
): Promise<HostAnswers> {
  const found = await addressesOf(host, ports.lookup, signal);
  if (found.addresses.length === 0) return { kind: 'unresolved', why: whyNoAddress(host, found) };
  const answers = new Map<string, RcptAnswer>();
  for (const address of found.addresses) {
    const open = recipients.filter((recipient) => !isDefinite(answers.get(recipient)));
    if (open.length === 0) break;
    for (const [recipient, answer] of await ports.smtp.recipients({ host, address, port }, open, signal)) {
      // "Later" says more than silence.
      if (answer.kind !== 'unasked' || !answers.has(recipient)) answers.set(recipient, answer);
    }
  }
  return { kind: 'asked', answers };
}

function isDefinite(answer: RcptAnswer | undefined): boolean {
  return answer?.kind === 'accepted' || answer?.kind === 'refused';
}

/** One refusal is enough to lose a mail. A host that does not answer loses none while another takes the address. */
const WORST_FIRST = ['refused', 'accepted', 'later', 'unasked'] as const;

function worst(of: readonly { host: string; answer: RcptAnswer }[]): { host: string; answer: RcptAnswer }[] {
  const kind = WORST_FIRST.find((one) => of.some(({ answer }) => answer.kind === one));
  return of.filter(({ answer }) => answer.kind === kind).slice(0, 1);
}
