import { EXIT, MxodusError } from '@mxodus/model';
import type { CopyQueue, CopyTask } from './copy-queue.ts';
import { type LoadedBatch, loadBatch } from './load-batch.ts';
import type { Lane } from './mailbox-connections.ts';
import { countUnread, sendBatch } from './send-batch.ts';
import { BATCH_LIMITS, type SyncContext } from './sync-context.ts';

/** Batches of one lane that are on their way to the destination while the next is read. */
const SENDING = 2;

export interface Lanes {
  /** The session that looked at the folders is free: its lane begins. */
  allLooked(): void;
  /** Resolves with what ended lanes, when all have ended. */
  ended: Promise<unknown[]>;
}

/**
 * Copies the batches of the queue over several lanes at once. In each lane the next batch is read while the last ones are on their
 * way. A lane that dies leaves its intents to be looked up; the other lanes go on with the rest.
 */
export function runLanes(context: SyncContext, queue: CopyQueue): Lanes {
  const { width } = context.connections;
  const looked = Promise.withResolvers<void>();
  const errors: unknown[] = [];
  const run = async (index: number): Promise<void> => {
    if (index === 0 && width > 1) await looked.promise;
    // A few messages are not worth another connection.
    if (!(await queue.hasMoreThan(Math.max(0, index - 1) * BATCH_LIMITS.messages))) return;
    const lane = await openLane(context, index, errors);
    if (lane !== null)
      await new LaneCopy(context, { lane, index }, queue).run().catch((error: unknown) => errors.push(error));
    // A look may wait for a copy: somebody has to make it.
    if (lane === null || errors.length > 0) looked.resolve();
  };
  const ended = Promise.all(Array.from({ length: width }, (_, index) => run(index))).then(() => {
    queue.abandon();
    return errors;
  });
  return { allLooked: looked.resolve, ended };
}

/** null: this lane could not be opened. The server may take fewer connections than the config says: the open lanes do the work. */
async function openLane(context: SyncContext, index: number, errors: unknown[]): Promise<Lane | null> {
  try {
    return await context.connections.lane(index);
  } catch (error) {
    const fewer = index > 0 && error instanceof MxodusError && error.exitCode === EXIT.temporary;
    if (!fewer) errors.push(error);
    return null;
  }
}

class LaneCopy {
  readonly #context: SyncContext;
  readonly #lane: Lane;
  readonly #index: number;
  readonly #queue: CopyQueue;
  readonly #sending: Promise<void>[] = [];
  #failure: { error: unknown } | undefined;

  constructor(context: SyncContext, { lane, index }: { lane: Lane; index: number }, queue: CopyQueue) {
    this.#context = context;
    this.#lane = lane;
    this.#index = index;
    this.#queue = queue;
  }

  async run(): Promise<void> {
    while (this.#failure === undefined && !this.#context.signal.aborted) {
      const task = await this.#queue.next(this.#index);
      if (task === null) break;
      await this.#copy(task);
    }
    await Promise.all(this.#sending);
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Reads the batch, and sends it without waiting for the answer. */
  async #copy(task: CopyTask): Promise<void> {
    const { signal, budget, rules } = this.#context;
    let giveBack = (): void => undefined;
    try {
      signal.throwIfAborted();
      giveBack = await budget.take(rules.dryRun ? 0 : task.batch.bytes, signal);
      const loaded = rules.dryRun ? countUnread(task) : await this.#load(task);
      while (this.#sending.length >= SENDING) await this.#sending[0];
      if (this.#failure === undefined) return this.#send(task, loaded, giveBack);
      await loaded.discard();
      giveBack();
      task.copy.ended('failed');
    } catch (error) {
      giveBack();
      task.copy.ended('failed');
      this.#failure ??= { error };
    }
  }

  async #load(task: CopyTask): Promise<LoadedBatch> {
    const { batch, copy } = task;
    try {
      const loaded = await loadBatch(this.#context, copy.folder, { reader: this.#lane.reader, batch });
      copy.missing.push(...loaded.missing);
      return loaded;
    } catch (error) {
      this.#blame(task, error);
      throw error;
    }
  }

  #send(task: CopyTask, loaded: LoadedBatch, giveBack: () => void): void {
    const sent = sendBatch(this.#context, task, { appender: this.#lane.appender, loaded })
      .then(
        () => task.copy.ended('done'),
        (error: unknown) => {
          this.#blame(task, error);
          this.#failure ??= { error };
          task.copy.ended('failed');
        },
      )
      .finally(() => {
        giveBack();
        this.#sending.splice(this.#sending.indexOf(sent), 1);
      });
    this.#sending.push(sent);
  }

  #blame({ batch, copy }: CopyTask, error: unknown): void {
    if (!(error instanceof MxodusError) || !['CONNECTION_LOST', 'SERVER_TIMEOUT'].includes(error.code)) return;
    const uids = batch.messages.map(({ uid }) => uid);
    this.#context.suspects.blame(copy.folder.ledgerId, uids, error.what);
  }
}
