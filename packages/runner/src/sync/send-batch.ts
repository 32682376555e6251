import { acceptFlags } from '@mxodus/engine';
import type { AppendAnswer, Appender, AppendOutcome, OutgoingMessage, Settlement } from '@mxodus/model';
import { isKnown } from './arrival-date.ts';
import { notMoved } from './copy-folder.ts';
import type { CopyTask } from './copy-queue.ts';
import { flagsAfterAppend, type SentFlags } from './flags-after-append.ts';
import { keyOf } from './keyed-copies.ts';
import type { LoadedBatch, LoadedMessage } from './load-batch.ts';
import { sendRepaired } from './send-repaired.ts';
import type { FolderWork, OpenFolder, SyncContext } from './sync-context.ts';
import { uidValidityChanged } from './uid-validity.ts';
import { waiting } from './waiting.ts';

interface Answered {
  message: LoadedMessage;
  outcome: AppendOutcome;
}

interface Sending {
  folder: OpenFolder;
  work: FolderWork;
  appender: Appender;
}

/** Messages the server was too busy for are sent again this often; the governor makes the pauses it asks for. */
const BUSY_ROUNDS = 10;

/** Intents written -> sent -> settled. A connection that ends in between leaves the intents to be looked up. */
export async function sendBatch(
  context: SyncContext,
  { copy }: CopyTask,
  { appender, loaded }: { appender: Appender; loaded: LoadedBatch },
): Promise<void> {
  const { folder, work } = copy;
  try {
    let due = await withoutHopeless(context, folder, loaded.messages);
    if (await sentWithRepair(context, { folder, work, appender }, due)) return;
    for (let round = 1; due.length > 0; round += 1) {
      const busy = await sendOnce(context, { folder, work, appender }, due);
      await settleAll(context, folder, busy, round === BUSY_ROUNDS ? 'failed' : 'unsent');
      if (round === BUSY_ROUNDS) return;
      if (busy.some(({ outcome }) => outcome.hint === undefined)) await pause(context, round);
      due = busy.map(({ message }) => message);
    }
  } finally {
    await loaded.discard();
  }
}

/** It was alone on lines that died: the server may say "no" to it by hanging up (Gmail: `BYE Invalid character in literal`). */
async function sentWithRepair(
  context: SyncContext,
  { folder, work, appender }: Sending,
  [message, ...others]: readonly LoadedMessage[],
): Promise<boolean> {
  if (message === undefined || others.length > 0) return false;
  const words = context.suspects.wantsRepair(folder.ledgerId, message.meta.uid);
  if (words === null) return false;
  await context.ledger.writeIntents(folder.ledgerId, context.passId, [message.intent]);
  const refusal = { kind: 'refused', reason: 'content', response: words } as const;
  const sent = await sendRepaired(context, folder, { appender, message, refusal });
  if (sent) work.appended += 1;
  progress(context, folder, { stored: sent ? [message] : [], settled: 1 });
  return true;
}

interface Busy {
  message: LoadedMessage;
  outcome: Extract<AppendOutcome, { kind: 'refused' }>;
}

/** Returns those the server was too busy for, their intents still open; all others are settled. */
async function sendOnce(
  context: SyncContext,
  { folder, work, appender }: Sending,
  messages: readonly LoadedMessage[],
): Promise<Busy[]> {
  const { ledger, passId } = context;
  const intents = messages.map((message) => message.intent);
  await ledger.writeIntents(folder.ledgerId, passId, intents);
  const answer = await appendOrUndo(context, { folder, work, appender }, messages);
  const sameFolder = answer.uidValidity === null || answer.uidValidity === folder.destinationUidValidity;
  const answered = messages.map((message, index): Answered => {
    const outcome = answer.outcomes[index] ?? { kind: 'refused', reason: 'other', response: 'no answer' };
    return { message, outcome };
  });
  const busy = sameFolder ? answered.flatMap(busyOf) : [];
  const repairable = sameFolder ? answered.filter(isRepairable) : [];
  const open = new Set([...busy, ...repairable].map(({ message }) => message));
  const settled = answered.filter(({ message }) => !open.has(message));
  const settlements = settled.map((one) => settlementOf(one, sameFolder));
  await ledger.settle(folder.ledgerId, passId, settlements);
  noteFull(context, settled);
  if (!sameFolder) throw uidValidityChanged('destination', folder.destination);
  const stored = settled.flatMap(({ message, outcome }) => (outcome.kind === 'stored' ? [message] : []));
  work.appended += stored.length;
  await noteAltered(context, folder, settled);
  if (!context.rules.dryRun && appender.strategy !== 'requests')
    await flagsAfterAppend(context, folder, sentFlags(settled, folder));
  for (const { message, outcome } of repairable) {
    if (outcome.kind !== 'refused') continue;
    const sent = await sendRepaired(context, folder, { appender, message, refusal: outcome });
    if (sent) work.appended += 1;
  }
  progress(context, folder, { stored, settled: messages.length - busy.length });
  return busy;
}

const sentFlags = (settled: readonly Answered[], folder: OpenFolder): SentFlags[] =>
  settled.flatMap(({ message, outcome }) =>
    outcome.kind === 'stored' && outcome.uid !== null
      ? [{ destinationUid: outcome.uid, flags: acceptFlags(message.meta.flags, folder.permanentFlags).flags }]
      : [],
  );

/** When it was told to stop before anything was sent, nothing is in doubt. */
async function appendOrUndo(
  context: SyncContext,
  { folder, work, appender }: Sending,
  messages: readonly LoadedMessage[],
): Promise<AppendAnswer> {
  const { rules, signal, ledger, passId } = context;
  if (rules.dryRun) {
    return { uidValidity: null, outcomes: messages.map((): AppendOutcome => ({ kind: 'stored', uid: null })) };
  }
  try {
    const outgoing = messages.map(
      (message): OutgoingMessage => ({
        ...outgoingOf(message, folder, work.keywords),
        key: keyOf(context, folder, message.meta.uid),
      }),
    );
    return await appender.append(folder.destination, outgoing);
  } catch (error) {
    // Only a wait before the sending ends with the signal's own reason; a lost connection says so. Requests are many: some may be through.
    if (!signal.aborted || error !== signal.reason || appender.strategy === 'requests') throw error;
    const unsent = messages.map(({ meta }): Settlement => ({ uid: meta.uid, kind: 'unsent' }));
    await ledger.settle(folder.ledgerId, passId, unsent);
    throw error;
  }
}

const busyOf = ({ message, outcome }: Answered): Busy[] =>
  outcome.kind === 'refused' && outcome.reason === 'busy' ? [{ message, outcome }] : [];

async function settleAll(
  context: SyncContext,
  folder: OpenFolder,
  busy: readonly Busy[],
  how: 'unsent' | 'failed',
): Promise<void> {
  const settlements = busy.map(
    ({ message, outcome }): Settlement =>
      how === 'unsent' ? { uid: message.meta.uid, kind: 'unsent' } : settlementOf({ message, outcome }, true),
  );
  await context.ledger.settle(folder.ledgerId, context.passId, settlements);
  if (how === 'failed') progress(context, folder, { stored: [], settled: busy.length });
}

/** The server said "not now" and not until when. */
const pause = (context: SyncContext, round: number): Promise<void> =>
  waiting(context, { why: 'the destination is busy', ms: Math.min(60_000, 500 * 2 ** round) });

/** What a dry run sends: the messages as they are listed; nothing is read. */
export function countUnread({ batch, copy }: CopyTask): LoadedBatch {
  const messages = batch.messages.map((meta): LoadedMessage => {
    const { uid, bytes, internalDate, flags, emailId = null } = meta;
    const intent = { uid, bytes, internalDate, flags: flags.join(' '), floor: copy.folder.atDestination.uidNext };
    return {
      meta,
      body: { kind: 'memory', bytes: Buffer.alloc(0) },
      arrival: internalDate,
      intent: { ...intent, digest: null, emailId },
    };
  });
  return { messages, missing: [], discard: async () => undefined };
}

const outgoingOf = (
  { meta, body, arrival }: LoadedMessage,
  folder: OpenFolder,
  keywords: FolderWork['keywords'],
): Omit<OutgoingMessage, 'key'> => ({
  flags: acceptFlags([...meta.flags, ...(keywords.get(meta.uid) ?? [])], folder.permanentFlags).flags,
  internalDate: arrival,
  body,
});

const isRepairable = ({ outcome }: Answered): boolean =>
  outcome.kind === 'refused' && ['flags', 'date', 'content', 'other'].includes(outcome.reason);

/** Once the mailbox was too full for a message, those of its size and larger are not tried again in this pass. */
async function withoutHopeless(
  context: SyncContext,
  folder: OpenFolder,
  loaded: readonly LoadedMessage[],
): Promise<LoadedMessage[]> {
  const { ledger, passId, counters } = context;
  const hopeless = loaded.filter(({ intent }) => intent.bytes >= counters.fullFromBytes);
  if (hopeless.length === 0) return [...loaded];
  const settlements = hopeless.map(({ meta }) => notMoved(meta, 'failed', 'not sent: the mailbox is full'));
  await ledger.settle(folder.ledgerId, passId, settlements);
  progress(context, folder, { stored: [], settled: hopeless.length });
  return loaded.filter(({ intent }) => intent.bytes < counters.fullFromBytes);
}

function noteFull({ counters }: SyncContext, answered: readonly Answered[]): void {
  for (const { message, outcome } of answered) {
    if (outcome.kind !== 'refused' || outcome.reason !== 'quota') continue;
    counters.fullFromBytes = Math.min(counters.fullFromBytes, message.intent.bytes);
  }
}

async function noteAltered(context: SyncContext, folder: OpenFolder, settled: readonly Answered[]): Promise<void> {
  const alterations = settled.flatMap(({ message, outcome }) => {
    if (outcome.kind !== 'stored') return [];
    const byDestination = (outcome.alterations ?? []).map((alteration) => ({ uid: message.meta.uid, ...alteration }));
    return [...alterationsOf(message, folder.permanentFlags), ...byDestination];
  });
  if (alterations.length === 0) return;
  await context.ledger.addAlterations(context.passId, folder.ledgerId, alterations);
  for (const alteration of alterations) {
    context.emit({ type: 'alteration', mailbox: context.mailbox.address, folder: folder.source, ...alteration });
  }
}

function alterationsOf({ meta, arrival, altered }: LoadedMessage, permanentFlags: readonly string[] | null) {
  const { uid, flags, internalDate } = meta;
  const { dropped } = acceptFlags(flags, permanentFlags);
  const found: { uid: number; what: string; why: string }[] = altered === undefined ? [] : [{ uid, ...altered }];
  if (dropped.length > 0) {
    found.push({ uid, what: `flags left out: ${dropped.join(' ')}`, why: 'the destination folder does not take them' });
  }
  if (!isKnown(internalDate)) {
    const date = arrival === null ? 'the day of the move' : 'that of its Date header';
    const why = `the source's INTERNALDATE ${internalDate === null ? 'cannot be read' : 'is before 1970'}`;
    found.push({ uid, what: `the date of arrival is ${date}`, why });
  }
  return found;
}

function settlementOf({ message, outcome }: Answered, sameFolder: boolean): Settlement {
  const { meta } = message;
  if (outcome.kind === 'stored') {
    return { uid: meta.uid, kind: 'stored', destinationUid: sameFolder ? outcome.uid : null };
  }
  const forGood = outcome.reason === 'too-large' || outcome.reason === 'zero-bytes';
  return notMoved(meta, forGood ? 'cannot' : 'failed', `the destination refused it: ${outcome.response}`);
}

function progress(
  { counters, emit, mailbox }: SyncContext,
  folder: OpenFolder,
  { stored, settled }: { stored: readonly LoadedMessage[]; settled: number },
): void {
  counters.bytes += stored.reduce((sum, { intent }) => sum + intent.bytes, 0);
  counters.settled += settled;
  counters.sent += settled;
  emit({
    type: 'progress',
    mailbox: mailbox.address,
    folder: folder.source,
    done: counters.settled,
    source_messages: counters.sourceMessages,
    bytes: counters.bytes,
  });
}
