import { randomBytes } from 'node:crypto';
import type { Readable, Writable } from 'node:stream';
import { MxodusError } from '@mxodus/model';
import { CommandsUnderWay, type Listener, type TaggedAnswer } from './commands-under-way.ts';
import { type CommitGate, socketGate, withoutTail } from './commit-gate.ts';
import { ResponseFramer } from './response-framer.ts';

export type { Listener, TaggedAnswer };

/** Why a connection ended: the server or the network closed it, nothing came in time, or what came cannot be understood. */
export interface Ending {
  kind: 'closed' | 'silent' | 'garbled';
  /** The server's words (BYE) or our own. */
  words: string;
  /** The words are the server's. */
  bye: boolean;
  cause?: unknown;
}

export interface WireOptions {
  /** How long a silent server is waited for. */
  timeoutMs: number;
  /** Once it aborts, a silent server is waited for only briefly. */
  signal: AbortSignal;
  /** The error every command under way gets. Default: that of a connection that sends messages. */
  ended?: (ending: Ending) => MxodusError;
  /** The way of the bytes that complete a command. Default: the output is the socket itself. */
  gate?: CommitGate;
}

/** After Ctrl-C. */
const HURRIED_MS = 5000;
const SILENT: Listener = {};

/**
 * The two directions of an authenticated IMAP connection, for commands that are pipelined: any number may be under way, answers
 * find their command by tag. When the connection ends, every command under way rejects: nothing is known about it then.
 */
export class Wire {
  readonly #input: Readable;
  readonly #output: Writable;
  readonly #gate: CommitGate;
  #timeoutMs: number;
  readonly #endedError: (ending: Ending) => MxodusError;
  readonly #framer: ResponseFramer;
  readonly #commands = new CommandsUnderWay(() => this.#watch());
  // A guess at the next tag must not be worth making: bytes of a message that are taken for lines could hold it.
  readonly #tagPrefix = `X${randomBytes(3).toString('hex')}`;
  #tags = 0;
  #ended: { error: unknown } | undefined;
  #watchdog: NodeJS.Timeout | undefined;
  readonly #pausedBy = new Set<object>();
  readonly #unlisten: () => void;

  constructor(input: Readable, output: Writable, options: WireOptions) {
    const { timeoutMs, signal, ended = lostWhileSending, gate = socketGate(output) } = options;
    this.#input = input;
    this.#output = output;
    this.#gate = gate;
    this.#timeoutMs = timeoutMs;
    this.#endedError = ended;
    this.#framer = new ResponseFramer(this.#commands);
    input.on('data', (chunk: Buffer) => this.#receive(chunk));
    input.on('end', () => this.#close('the server closed the connection'));
    input.on('close', () => this.#close('the connection was closed'));
    for (const stream of new Set<Readable | Writable>([input, output])) {
      stream.on('error', (error) => this.#close(error.message));
    }
    signal.addEventListener('abort', this.#hurry, { once: true });
    this.#unlisten = () => signal.removeEventListener('abort', this.#hurry);
    // unbind() hands the socket over paused.
    input.resume();
  }

  get usable(): boolean {
    return this.#ended === undefined;
  }

  /** No command is under way. */
  get idle(): boolean {
    return this.#commands.size === 0;
  }

  nextTag(): string {
    this.#tags += 1;
    return `${this.#tagPrefix}${this.#tags}`;
  }

  /** Resolves with the tagged answer; call it before the command is written. */
  answer(tag: string, listener: Listener = SILENT): Promise<TaggedAnswer> {
    const promise = this.#ended ? Promise.reject(this.#ended.error) : this.#commands.add(tag, listener);
    this.#watch();
    // The writer may fail first and nobody would be waiting yet.
    promise.catch(() => undefined);
    return promise;
  }

  /** Resolves at the next continuation request (`+`), or when the command is answered without one. */
  continuation(answer: Promise<TaggedAnswer>): Promise<'go on' | TaggedAnswer> {
    return this.#commands.continuation(answer);
  }

  /** Sends one command without waiting for room in the socket's buffer: for commands that are small. One byte a character. */
  command(text: string, listener: Listener = SILENT): Promise<TaggedAnswer> {
    const tag = this.nextTag();
    const answer = this.answer(tag, listener);
    if (!this.#ended) this.#output.write(`${tag} ${text}\r\n`, 'latin1');
    return answer;
  }

  /** What `work` sends leaves in one packet. */
  together<T>(work: () => T): T {
    this.#output.cork();
    try {
      return work();
    } finally {
      this.#output.uncork();
    }
  }

  /** Writes the pieces as one, then waits for room in the socket's buffer. */
  async write(...pieces: readonly (Buffer | string)[]): Promise<void> {
    this.#throwIfEnded();
    this.#output.cork();
    for (const piece of pieces) this.#output.write(piece);
    this.#output.uncork();
    // Bytes that leave are a sign of life too: a large message over a slow line has no answer for long.
    this.#watch();
    if (!this.#output.writableNeedDrain) return;
    await new Promise<void>((resolve, reject) => {
      const done = () => {
        this.#output.off('drain', done);
        this.#output.off('close', done);
        this.#watch();
        if (this.#ended) reject(this.#ended.error);
        else resolve();
      };
      this.#output.on('drain', done);
      this.#output.on('close', done);
    });
  }

  /**
   * As `write`, for pieces that end a command which must not be completed unless `mayCommit` returns: that is asked right before the
   * last bytes are sent, with all before them gone to the kernel (see CommitGate). What it throws ends the connection.
   */
  async commit(mayCommit: () => void, ...pieces: readonly (Buffer | string)[]): Promise<void> {
    this.#throwIfEnded();
    const { head, tail } = withoutTail(pieces);
    const prepared = this.#gate.prepare(head, tail);
    this.#watch();
    const send = await this.#unlessClosed(prepared);
    this.#throwIfEnded();
    try {
      mayCommit();
    } catch (error) {
      this.fail(error);
      throw error;
    }
    if (!send()) throw this.#close('the line was too full for the end of a command');
    this.#watch();
  }

  #throwIfEnded(): void {
    if (this.#ended) throw this.#ended.error;
  }

  async #unlessClosed<T>(work: Promise<T>): Promise<T> {
    const { promise: closed, reject } = Promise.withResolvers<never>();
    const onClose = (): void => reject(this.#close('the connection was closed'));
    this.#output.once('close', onClose);
    try {
      return await Promise.race([work, closed]);
    } catch (error) {
      throw this.#ended?.error ?? error;
    } finally {
      this.#output.off('close', onClose);
    }
  }

  /** Nothing more is received until everyone who asked for a pause has resumed. What was received already still comes. */
  pause(by: object): void {
    if (this.#ended || this.#pausedBy.has(by)) return;
    this.#pausedBy.add(by);
    this.#input.pause();
    this.#watch();
  }

  resume(by: object): void {
    if (!this.#pausedBy.delete(by) || this.#pausedBy.size > 0 || this.#ended) return;
    this.#input.resume();
    this.#watch();
  }

  close(): void {
    this.#close('closed by mxodus');
  }

  /** Ends the connection at once, and what this process still holds is not sent: all commands under way reject with this error. */
  fail(error: unknown): void {
    if (this.#ended) return;
    this.#unlisten();
    this.#ended = { error };
    clearTimeout(this.#watchdog);
    this.#input.destroy();
    this.#output.destroy();
    this.#commands.reject(error);
  }

  #receive(chunk: Buffer): void {
    if (this.#ended) return;
    this.#watch();
    try {
      this.#framer.feed(chunk);
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error);
      this.#end({ kind: 'garbled', words, bye: false, cause: error });
    }
  }

  /** A server that stops answering must not hold the run for ever. */
  #watch(): void {
    if (this.#commands.size === 0 || this.#ended || this.#pausedBy.size > 0) {
      clearTimeout(this.#watchdog);
      this.#watchdog = undefined;
    } else if (this.#watchdog !== undefined) {
      this.#watchdog.refresh();
    } else {
      const words = `no answer for ${this.#timeoutMs / 1000} s`;
      this.#watchdog = setTimeout(() => this.#end({ kind: 'silent', words, bye: false }), this.#timeoutMs);
    }
  }

  #hurry = (): void => {
    this.#timeoutMs = Math.min(this.#timeoutMs, HURRIED_MS);
    clearTimeout(this.#watchdog);
    this.#watchdog = undefined;
    this.#watch();
  };

  /** Returns what ended the connection, which may have been something else before. */
  #close(why: string): unknown {
    const { bye } = this.#commands;
    this.#end({ kind: 'closed', words: bye ?? why, bye: bye !== undefined });
    return this.#ended?.error;
  }

  #end(ending: Ending): void {
    if (this.#ended) return;
    this.fail(ending.cause instanceof MxodusError ? ending.cause : this.#endedError(ending));
  }
}

const lostWhileSending = ({ words, bye, cause }: Ending): MxodusError =>
  new MxodusError('CONNECTION_LOST', {
    what: `the connection ended while messages were sent (${bye ? `the server said: ${words}` : words})`,
    why: 'the server or something on the way closed it',
    advice: 'the same command again: messages without an answer are looked up first, nothing is sent twice',
    cause,
  });
