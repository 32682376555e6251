import type { CutoverConfig, Gate } from '@mxodus/model';
import { howLong } from '../../late-mail/how-long.ts';
import type { CanaryRecord } from '../canary-progress.ts';
import type { CutoverProgress } from '../progress.ts';
import type { GateInputs } from './gate.ts';

/** What the gates of the test mails look at. */
export interface CanaryInputs extends Pick<GateInputs, 'canaries' | 'now'> {
  plan: { settings: Pick<CutoverConfig, 'probe'> };
  progress: Pick<CutoverProgress, 'waits' | 'canaries'>;
}

const GATE = { id: 'G12', name: 'test mails arrive' };

/** How many rounds of test mails one may be on its way: 15 minutes by default. */
const PATIENCE_ROUNDS = 15;
const EVERY_MS = 60_000;

/**
 * Only test mails that were sent when no cache could hold the old MX any more prove anything; of each address the last one that was seen
 * counts. One that was sent after the last that arrived proves nothing yet, and is not held against it.
 *
 *   each address                                          gate
 *   one is at the old host, and none after it at the new  red
 *   one is on its way for too long, or none could be sent unknown
 *   none arrived yet, or one was overtaken                amber
 *   the last is at the new host, none before is missing   green
 */
export function canariesGate(inputs: CanaryInputs): Gate {
  const { canaries: recipients, plan, progress, now } = inputs;
  if (recipients.length === 0) return notSent();
  const safeAt = progress.waits.switch?.safeAt ?? null;
  if (safeAt === null || now < safeAt) {
    const until = safeAt === null ? 'the new MX is out everywhere' : new Date(safeAt).toISOString();
    return amber(`until ${until} a test mail may rightly come to either host`, 'only time helps');
  }
  const patience = PATIENCE_ROUNDS * (plan.settings.probe?.canary_every ?? EVERY_MS);
  const sent = [...progress.canaries.byId.values()].filter(({ sentAt }) => sentAt >= safeAt);
  const verdicts = recipients.map(({ recipient }) =>
    judge(
      recipient,
      sent.filter((canary) => canary.recipient === recipient),
      { now, patience, since: safeAt },
    ),
  );
  for (const status of ['red', 'unknown', 'amber'] as const) {
    const found = verdicts.find((verdict) => verdict.status === status);
    if (found !== undefined) return found;
  }
  const arrived = sent.filter(({ seen }) => seen?.at === 'new').length;
  return {
    ...GATE,
    status: 'green',
    why: `${arrived} sent since arrived at the new servers, none at the old`,
    fix: '',
  };
}

function judge(
  recipient: string,
  sent: readonly CanaryRecord[],
  { now, patience, since }: { now: number; patience: number; since: number },
): Gate {
  const seen = sent.filter((canary) => canary.seen?.at === 'new' || canary.seen?.at === 'old');
  const last = seen.reduce<CanaryRecord | null>((a, b) => (a === null || b.sentAt >= a.sentAt ? b : a), null);
  if (last?.seen?.at === 'old') {
    return {
      ...GATE,
      status: 'red',
      why: `a test mail to ${recipient} came to the old host, sent ${howLong(last.sentAt - since)} after every cache should have the new MX`,
      fix: 'look whether the resolver of this machine, or a relay of its network, still has the old MX',
    };
  }
  const awaited = sent.filter((canary) => canary.seen === null);
  const oldest = awaited[0];
  if (oldest !== undefined && now - oldest.sentAt > patience) {
    return {
      ...GATE,
      status: 'unknown',
      why: `a test mail to ${recipient} is nowhere, ${howLong(now - oldest.sentAt)} after it was sent`,
      fix: 'look for it in the queue and the quarantine of the new mail system',
    };
  }
  if (last !== null) {
    const overtaken = awaited.some(({ sentAt }) => sentAt < last.sentAt);
    if (overtaken)
      return amber(`a test mail to ${recipient} is still on its way, a later one has arrived`, 'only time helps');
    if (sent.some((canary) => canary.seen?.at === 'old'))
      return amber(`a test mail to ${recipient} came to the old host once, later ones to the new`, '');
    return { ...GATE, status: 'green', why: '', fix: '' };
  }
  const unsent = sent.findLast((canary) => canary.seen?.at === 'unsent');
  if (unsent !== undefined && oldest === undefined) {
    return {
      ...GATE,
      status: 'unknown',
      why: `no test mail to ${recipient} could be sent: ${unsent.seen?.why ?? 'no reason is known'}`,
      fix: 'send from a network that lets port 25 out, or set `cutover.probe.canary: false`, plan again and waive this gate',
    };
  }
  return amber(
    sent.length === 0
      ? `none was sent to ${recipient} since every cache has the new MX`
      : `a test mail to ${recipient} is on its way`,
    'only time helps',
  );
}

const amber = (why: string, fix: string): Gate => ({ ...GATE, status: 'amber', why, fix });

const notSent = (): Gate =>
  amber(
    'no test mails are sent',
    'set `cutover.probe.canary: true`, or send mail from outside yourself and look where it is',
  );
