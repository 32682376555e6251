import { type AppendAnswer, type Appender, type AppendOutcome, MxodusError, type OutgoingMessage } from '@mxodus/model';
import type { FolderPlace } from '../mailbox-folders.ts';
import type { ExchangeAppenderOptions } from './appender-options.ts';
import type { Written } from './exchange-writer.ts';
import { isLeaseLost, type Mailbox } from './mailbox-requests.ts';
import { Slots } from './slots.ts';
import { sweepStaging } from './staging.ts';
import { Writers } from './writers.ts';

const CONCURRENCY = 4;
/** Together longer than an item was ever seen to stay invisible (10 s). */
const LOOK_DELAYS_MS = [1000, 3000, 9000];

/** Appends to one mailbox of Exchange Online, several messages at once. */
export function openExchangeAppender(options: ExchangeAppenderOptions): Appender {
  return new ExchangeAppender(options);
}

/** What became of one message, and in which folder. */
interface Settled {
  written: Written;
  /** null: there is none. */
  place: FolderPlace | null;
}

/**
 * So many messages are under way over all calls, in the order of the calls, so that a call whose last messages are slow does not hold up
 * the next one. Trouble that is not one message's ends the appender: what was not begun is not begun any more, what is under way is
 * waited for, and only then a call rejects: nothing of it can still arrive.
 */
class ExchangeAppender implements Appender {
  readonly strategy = 'requests';
  readonly #options: ExchangeAppenderOptions;
  readonly #writers: Writers;
  readonly #slots: Slots;
  readonly #swept: Promise<unknown>;
  /** What ended it. */
  #ended: { error: unknown } | null = null;
  /** The last call, settled. */
  #answered: Promise<unknown> = Promise.resolve();

  constructor(options: ExchangeAppenderOptions) {
    const { graph, server, user, signal, lookDelaysMs = LOOK_DELAYS_MS } = options;
    const mailbox: Mailbox = { graph, server, user, signal, lookDelaysMs };
    this.#options = options;
    this.#writers = new Writers(options, mailbox);
    this.#slots = new Slots(options.concurrency ?? CONCURRENCY);
    // What was left there is in nobody's way: trouble with it is met again, and told, by whoever writes.
    this.#swept = sweepStaging(mailbox).catch(() => undefined);
  }

  get usable(): boolean {
    return this.#ended === null && this.#options.graph.usable;
  }

  append(folder: string, messages: readonly OutgoingMessage[]): Promise<AppendAnswer> {
    const writing = messages.map((message) => this.#slots.use(() => this.#write(folder, message)));
    const answer = Promise.allSettled(writing).then((settled) => this.#answer(settled));
    const inOrder = this.#answered.then(() => answer);
    this.#answered = inOrder.catch(() => undefined);
    answer.catch(() => undefined);
    return inOrder;
  }

  async close(): Promise<void> {
    await this.#answered;
    await this.#swept;
    this.#ended ??= { error: closed() };
    await this.#writers.close();
  }

  async #write(path: string, message: OutgoingMessage): Promise<Settled> {
    if (this.#ended !== null) throw new NotBegun(this.#ended.error);
    try {
      const first = await this.#writeTo(path, message, { fresh: false });
      const isGone = first.written.kind === 'refused' && first.written.reason === 'no-folder';
      if (!isGone || first.place === null) return first;
      const again = await this.#writeTo(path, message, { fresh: true, unlike: first.place.id });
      return again.place === null ? first : again;
    } catch (error) {
      this.#ended ??= { error };
      throw error;
    }
  }

  async #writeTo(
    path: string,
    message: OutgoingMessage,
    { fresh, unlike }: { fresh: boolean; unlike?: string },
  ): Promise<Settled> {
    let place: FolderPlace;
    try {
      place = await this.#options.folders.place(path, { fresh });
    } catch (error) {
      if (!(error instanceof MxodusError && error.code === 'FOLDER_REFUSED')) throw error;
      return { written: { kind: 'refused', reason: 'no-folder', response: error.what }, place: null };
    }
    if (place.id === unlike) return { written: { kind: 'refused', reason: 'no-folder', response: '' }, place: null };
    return { written: await this.#writers.write(message, { path, folderId: place.id }), place };
  }

  async #answer(settled: readonly PromiseSettledResult<Settled>[]): Promise<AppendAnswer> {
    const failed = settled.flatMap((one): unknown[] => (one.status === 'rejected' ? [one.reason] : []));
    if (failed.length > 0) throw this.#failure(failed, settled.length);
    const done = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    return await this.#numbered(done);
  }

  /** The signal's own reason stands for "nothing was sent", so it is not thrown for a call some of whose messages were. */
  #failure(failed: readonly unknown[], messages: number): unknown {
    const { signal } = this.#options;
    const errors = failed.map((error) => (error instanceof NotBegun ? error.cause : error));
    const lost = errors.find(isLeaseLost);
    if (lost !== undefined) return lost;
    const isUnsent = (error: unknown): boolean =>
      error instanceof NotBegun || (signal.aborted && error === signal.reason);
    const telling = failed.find((error) => !isUnsent(error));
    if (telling !== undefined) return telling;
    if (!signal.aborted) return errors[0];
    return failed.length === messages ? signal.reason : stopped(errors[0]);
  }

  /** The UIDs of all items of the call, asked for at once. The folder may have been made anew in between: the last one counts. */
  async #numbered(done: readonly Settled[]): Promise<AppendAnswer> {
    const book = done.findLast(({ place }) => place !== null)?.place?.book ?? null;
    const isHere = ({ place }: Settled): boolean => place !== null && place.book.id === book?.id;
    const ids = done.flatMap((one) => (isHere(one) && one.written.kind === 'stored' ? (one.written.itemId ?? []) : []));
    const uids = book === null || ids.length === 0 ? [] : await this.#options.items.uidsFor(book.id, ids);
    const uidOf = new Map(ids.map((id, index) => [id, uids[index] ?? null]));
    const outcomes = done.map(({ written }): AppendOutcome => {
      if (written.kind === 'refused') return written;
      const { itemId, alterations } = written;
      const uid = itemId === null ? null : (uidOf.get(itemId) ?? null);
      return { kind: 'stored', uid, ...(alterations.length === 0 ? {} : { alterations }) };
    });
    return { uidValidity: book?.uidValidity ?? null, outcomes };
  }
}

/** A message that was not begun because the appender had ended. */
class NotBegun extends Error {
  constructor(cause: unknown) {
    super('not begun', { cause });
  }
}

const stopped = (cause: unknown): MxodusError =>
  new MxodusError('CONNECTION_LOST', {
    what: 'stopped while messages were under way',
    why: 'it was told to stop',
    advice: 'the same command again; what is done is kept, nothing is sent twice',
    cause,
  });

const closed = (): MxodusError =>
  new MxodusError('CONNECTION_LOST', {
    what: 'the connection was closed',
    why: 'nothing more was to be written over it',
    advice: 'the same command again; what is done is kept, nothing is sent twice',
  });
