import { randomBytes } from 'node:crypto';
import { awaitedCanaries, type CanaryRecord } from '@mxodus/engine';
import { type CutoverState, type JournalEntry, type JournalNote, MxodusError } from '@mxodus/model';
import type { Canary, CutoverPorts } from './ports.ts';
import type { Run } from './run-context.ts';

/** What a round needs of a run. */
export interface CanaryRun extends Pick<Run, 'plan' | 'progress' | 'journal' | 'emit' | 'signal'> {
  ports: Pick<CutoverPorts, 'canaries' | 'now'>;
}

type Write = (note: JournalNote) => Promise<void>;

/** Until the new servers are proven one is sent every `canary_every`, then one in ten times as long. */
const PROVING: ReadonlySet<CutoverState> = new Set(['SWITCHED', 'PROPAGATING']);
const RARELY = 10;
/** How many rounds one whose sending was cut off is looked for. */
const PATIENCE_ROUNDS = 15;

/** What is remembered between two rounds of a run. */
interface Memory {
  lookedAt: number;
  told: string | null;
}

const memories = new WeakMap<CanaryRun, Memory>();

/**
 * One look for the test mails that are on their way, and a new one to each address whose time has come. 'canary_sent' is in the journal
 * before it leaves: after a crash it is looked for, and never sent again. Trouble with it is told, and stops nothing.
 */
export async function canaryRound<R extends CanaryRun>(
  run: R,
  writeNote: (run: R, note: JournalNote) => Promise<void>,
): Promise<void> {
  const write: Write = (note) => writeNote(run, note);
  const recipients = run.ports.canaries.recipients();
  if (recipients.length === 0 || run.progress.switchedAt === null) return;
  const memory = memories.get(run) ?? { lookedAt: 0, told: null };
  memories.set(run, memory);
  try {
    await lookFor(run, memory, write);
    await giveUp(run, write);
  } catch (error) {
    if (run.signal.aborted || !(error instanceof MxodusError) || error.code.startsWith('STATE_')) throw error;
    tell(run, memory, `test mails cannot be looked for: ${error.what}: ${error.why}`);
  }
  const every = everyMs(run) * (PROVING.has(run.progress.state) ? 1 : RARELY);
  for (const { domain, recipient } of recipients) {
    const last = [...run.progress.canaries.byId.values()].findLast((canary) => canary.recipient === recipient);
    if (last !== undefined && run.ports.now() - last.sentAt < every) continue;
    await send(run, memory, { domain, recipient, write });
  }
}

const everyMs = ({ plan }: CanaryRun): number => plan.settings.probe?.canary_every ?? 60_000;

async function lookFor(run: CanaryRun, memory: Memory, write: Write): Promise<void> {
  const { ports, plan, signal } = run;
  const awaited = awaitedCanaries(run.progress.canaries);
  if (awaited.length === 0 || ports.now() - memory.lookedAt < plan.settings.poll) return;
  memory.lookedAt = ports.now();
  const found = await ports.canaries.find(awaited, signal);
  for (const { id, sentAt } of awaited) {
    const place = found.get(id);
    if (place === undefined) continue;
    // Dates of arrival are whole seconds.
    const delay_ms = place.arrived === null ? null : Math.max(0, place.arrived - sentAt);
    await see(run, write, { id, at: place.at, delay_ms, why: null });
  }
  memory.told = null;
}

/** Whether it ever left is not known, and it is nowhere: it proves nothing, and no mail of a stranger is like it. */
async function giveUp(run: CanaryRun, write: Write): Promise<void> {
  for (const { id, sentAt, taken } of awaitedCanaries(run.progress.canaries)) {
    if (taken || run.ports.now() - sentAt < PATIENCE_ROUNDS * everyMs(run)) continue;
    const why = 'its sending was cut off, and it is at neither host';
    await see(run, write, { id, at: 'unsent', delay_ms: null, why });
  }
}

async function send(
  run: CanaryRun,
  memory: Memory,
  { domain, recipient, write }: { domain: string; recipient: string; write: Write },
): Promise<void> {
  const canary = { id: newId(run.ports.now()), domain, recipient };
  await write({ state: run.progress.state, event: 'canary_sent', facts: canary });
  const answer = await sent(run, canary);
  switch (answer.kind) {
    case 'sent':
      return write({ state: run.progress.state, event: 'canary_taken', facts: { id: canary.id } });
    case 'unknown':
      return tell(run, memory, `it is not known whether a test mail to ${recipient} was taken: ${answer.why}`);
    case 'bounced':
    case 'unsent':
      return see(run, write, { id: canary.id, at: answer.kind, delay_ms: null, why: answer.why });
  }
}

/** Trouble on the way is no reason to stop a drain. */
async function sent({ ports, signal }: CanaryRun, canary: Canary): ReturnType<CutoverPorts['canaries']['send']> {
  try {
    return await ports.canaries.send(canary, signal);
  } catch (error) {
    if (signal.aborted || !(error instanceof MxodusError)) throw error;
    return { kind: 'unknown', why: `${error.what}: ${error.why}` };
  }
}

type Seen = Extract<JournalEntry, { event: 'canary_seen' }>['facts'];

async function see(run: CanaryRun, write: Write, facts: Seen): Promise<void> {
  const canary: CanaryRecord | undefined = run.progress.canaries.byId.get(facts.id);
  if (canary === undefined || canary.seen !== null) return;
  await write({ state: run.progress.state, event: 'canary_seen', facts });
}

/** The same once, until it is over. */
function tell(run: CanaryRun, memory: Memory, text: string): void {
  if (memory.told === text) return;
  memory.told = text;
  run.emit({ type: 'cutover_notice', text });
}

/** Begins with the time, so that a mailbox need not be searched further back. */
const newId = (now: number): string => `${now.toString(36)}-${randomBytes(6).toString('hex')}`;
