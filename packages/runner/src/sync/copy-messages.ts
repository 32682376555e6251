import { acceptFlags, type Batch, flagText, makeBatches } from '@mxodus/engine';
import {
  type AppendOutcome,
  EXIT,
  type MessageMeta,
  MxodusError,
  type OutgoingMessage,
  type Settlement,
} from '@mxodus/model';
import { type LoadedBatch, type LoadedMessage, loadBatch } from './load-batch.ts';
import type { Lane } from './mailbox-connections.ts';
import { BATCH_LIMITS, type OpenFolder, type SyncContext } from './sync-context.ts';
import { uidValidityChanged } from './uid-validity.ts';

export interface CopyResult {
  /** Asked for, and not given by the source: gone, or unreadable. */
  missing: number[];
  /** What ended lanes; their messages are in doubt or were not tried. */
  errors: unknown[];
}

/**
 * Copies messages over several lanes at once, in batches, in order. In each lane the next batch is read while the last one is on
 * its way. A batch: read -> intents written -> sent -> settled; a lane that dies leaves its intents for resolveDoubt.
 */
export async function copyMessages(
  context: SyncContext,
  folder: OpenFolder,
  messages: readonly MessageMeta[],
): Promise<CopyResult> {
  const all = makeBatches(messages, BATCH_LIMITS);
  const batches = all.values();
  const result: CopyResult = { missing: [], errors: [] };
  const width = Math.min(context.connections.width, all.length);
  await Promise.all(
    Array.from({ length: width }, async (_, index) => {
      const lane = await openLane(context, index, result);
      if (lane === null) return;
      try {
        await new LaneCopy(context, folder, { lane, batches, missing: result.missing }).run();
      } catch (error) {
        result.errors.push(error);
      }
    }),
  );
  return result;
}

/** null: this lane could not be opened. The server may take fewer connections than the config says: the open lanes do the work. */
async function openLane(context: SyncContext, index: number, result: CopyResult): Promise<Lane | null> {
  try {
    return await context.connections.lane(index);
  } catch (error) {
    const fewer = index > 0 && error instanceof MxodusError && error.exitCode === EXIT.temporary;
    if (!fewer) result.errors.push(error);
    return null;
  }
}

class LaneCopy {
  readonly #context: SyncContext;
  readonly #folder: OpenFolder;
  readonly #lane: Lane;
  readonly #batches: Iterator<Batch>;
  readonly #missing: number[];

  constructor(
    context: SyncContext,
    folder: OpenFolder,
    work: { lane: Lane; batches: Iterator<Batch>; missing: number[] },
  ) {
    this.#context = context;
    this.#folder = folder;
    this.#lane = work.lane;
    this.#batches = work.batches;
    this.#missing = work.missing;
  }

  async run(): Promise<void> {
    let underWay: Promise<void> = Promise.resolve();
    try {
      while (!this.#context.signal.aborted) {
        const next = this.#batches.next();
        if (next.done === true) break;
        const giveBack = await this.#context.budget.take(next.value.bytes, this.#context.signal);
        const loaded = await this.#load(next.value).catch((error: unknown) => {
          giveBack();
          throw error;
        });
        await underWay.catch(async (error: unknown) => {
          await loaded.discard();
          giveBack();
          throw error;
        });
        underWay = this.#send(loaded).finally(giveBack);
        // Awaited in the next round or in `finally`; until then a rejection is not unhandled.
        underWay.catch(() => undefined);
      }
    } finally {
      await underWay;
    }
  }

  async #load(batch: Batch): Promise<LoadedBatch> {
    const loaded = await loadBatch(this.#context, this.#folder, { reader: this.#lane.reader, batch });
    this.#missing.push(...loaded.missing);
    return loaded;
  }

  async #send({ messages: loaded, discard }: LoadedBatch): Promise<void> {
    const messages = await this.#withoutHopeless(loaded);
    if (messages.length === 0) return discard();
    const { ledger, passId } = this.#context;
    const { ledgerId, destination, permanentFlags } = this.#folder;
    try {
      const outgoing = messages.map(({ meta, body }): OutgoingMessage => {
        return { flags: acceptFlags(meta.flags, permanentFlags).flags, internalDate: meta.internalDate, body };
      });
      await ledger.writeIntents(
        ledgerId,
        passId,
        messages.map((message) => message.intent),
      );
      const { outcomes, uidValidity } = await this.#lane.appender.append(destination, outgoing);
      const sameFolder = uidValidity === null || uidValidity === this.#folder.destinationUidValidity;
      const settlements = messages.map(({ meta }, index) => settlementOf(meta, outcomes[index], sameFolder));
      await ledger.settle(ledgerId, passId, settlements);
      this.#noteFull(messages, outcomes);
      if (!sameFolder) throw uidValidityChanged('destination', destination);
      const stored = messages.map(({ meta }) => meta).filter((_, index) => settlements[index]?.kind === 'stored');
      await this.#noteAltered(stored);
      this.#progress(
        messages.reduce(
          (sum, { intent }, index) => sum + (settlements[index]?.kind === 'stored' ? intent.bytes : 0),
          0,
        ),
        messages.length,
      );
    } finally {
      await discard();
    }
  }

  /** Once the mailbox was too full for a message, those of its size and larger are not tried again in this pass. */
  async #withoutHopeless(loaded: readonly LoadedMessage[]): Promise<LoadedMessage[]> {
    const { ledger, passId, counters } = this.#context;
    const hopeless = loaded.filter(({ intent }) => intent.bytes >= counters.fullFromBytes);
    if (hopeless.length === 0) return [...loaded];
    const settlements = hopeless.map(({ meta }) => notMoved(meta, 'failed', 'not sent: the mailbox is full'));
    await ledger.settle(this.#folder.ledgerId, passId, settlements);
    this.#progress(0, hopeless.length);
    return loaded.filter(({ intent }) => intent.bytes < counters.fullFromBytes);
  }

  #noteFull(messages: readonly LoadedMessage[], outcomes: readonly AppendOutcome[]): void {
    const { counters } = this.#context;
    for (const [index, { intent }] of messages.entries()) {
      const outcome = outcomes[index];
      if (outcome?.kind !== 'refused' || outcome.reason !== 'quota') continue;
      counters.fullFromBytes = Math.min(counters.fullFromBytes, intent.bytes);
    }
  }

  async #noteAltered(stored: readonly MessageMeta[]): Promise<void> {
    const { ledger, passId, mailbox, emit } = this.#context;
    const alterations = stored.flatMap((meta) => alterationsOf(meta, this.#folder.permanentFlags));
    if (alterations.length === 0) return;
    await ledger.addAlterations(passId, this.#folder.ledgerId, alterations);
    for (const alteration of alterations) {
      emit({ type: 'alteration', mailbox: mailbox.address, folder: this.#folder.source, ...alteration });
    }
  }

  #progress(bytes: number, settled: number): void {
    const { counters, emit, mailbox } = this.#context;
    counters.bytes += bytes;
    counters.settled += settled;
    emit({
      type: 'progress',
      mailbox: mailbox.address,
      folder: this.#folder.source,
      done: counters.settled,
      source_messages: counters.sourceMessages,
      bytes: counters.bytes,
    });
  }
}

function alterationsOf({ uid, flags, internalDate }: MessageMeta, permanentFlags: readonly string[] | null) {
  const { dropped } = acceptFlags(flags, permanentFlags);
  const found: { uid: number; what: string; why: string }[] = [];
  if (dropped.length > 0) {
    found.push({ uid, what: `flags left out: ${dropped.join(' ')}`, why: 'the destination folder does not take them' });
  }
  if (internalDate === null) {
    found.push({
      uid,
      what: 'the date of arrival is the day of the move',
      why: "the source's INTERNALDATE cannot be read",
    });
  }
  return found;
}

function settlementOf(meta: MessageMeta, outcome: AppendOutcome | undefined, sameFolder: boolean): Settlement {
  if (outcome?.kind === 'stored') {
    return { uid: meta.uid, kind: 'stored', destinationUid: sameFolder ? outcome.uid : null };
  }
  const forGood = outcome?.reason === 'too-large' || outcome?.reason === 'zero-bytes';
  const reason = `the destination refused it: ${outcome?.response ?? 'no answer for this message'}`;
  return notMoved(meta, forGood ? 'cannot' : 'failed', reason);
}

const notMoved = (meta: MessageMeta, kind: 'cannot' | 'failed', reason: string): Settlement => ({
  uid: meta.uid,
  kind,
  reason,
  bytes: meta.bytes,
  internalDate: meta.internalDate,
  flags: flagText(meta.flags),
});
