import type { Readable, Writable } from 'node:stream';
import { MxodusError } from '@mxodus/model';

/** A tagged answer (RFC 9051 7.1). `text` is everything after the status. */
export interface TaggedAnswer {
  status: 'OK' | 'NO' | 'BAD';
  text: string;
}

interface Waiting {
  resolve(answer: TaggedAnswer): void;
  reject(error: unknown): void;
}

const MAX_LINE_BYTES = 1024 * 1024;
/** After Ctrl-C. */
const HURRIED_MS = 5000;

/**
 * The two directions of an authenticated IMAP connection, for commands that are pipelined: any number may be under way, answers
 * find their command by tag. When the connection ends, every command under way rejects: nothing is known about it then.
 */
export class Wire {
  readonly #input: Readable;
  readonly #output: Writable;
  #timeoutMs: number;
  readonly #commands = new Map<string, Waiting>();
  #continuation: (() => void) | undefined;
  #pieces: Buffer[] = [];
  #literalLeft = 0;
  #tags = 0;
  #bye = '';
  #ended: MxodusError | undefined;
  #watchdog: NodeJS.Timeout | undefined;
  readonly #unlisten: () => void;

  /** @param signal once it aborts, a silent server is waited for only briefly */
  constructor(input: Readable, output: Writable, { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal }) {
    this.#input = input;
    this.#output = output;
    this.#timeoutMs = timeoutMs;
    input.on('data', (chunk: Buffer) => this.#receive(chunk));
    input.on('end', () => this.#end('the server closed the connection'));
    input.on('close', () => this.#end('the connection was closed'));
    for (const stream of new Set<Readable | Writable>([input, output])) {
      stream.on('error', (error) => this.#end(error.message));
    }
    signal.addEventListener('abort', this.#hurry, { once: true });
    this.#unlisten = () => signal.removeEventListener('abort', this.#hurry);
    // unbind() hands the socket over paused.
    input.resume();
  }

  get usable(): boolean {
    return this.#ended === undefined;
  }

  nextTag(): string {
    this.#tags += 1;
    return `X${this.#tags}`;
  }

  /** Resolves with the tagged answer; call it before the command is written. */
  answer(tag: string): Promise<TaggedAnswer> {
    const promise = new Promise<TaggedAnswer>((resolve, reject) => {
      if (this.#ended) return reject(this.#ended);
      this.#commands.set(tag, { resolve, reject });
      this.#watch();
    });
    // The writer may fail first and nobody would be waiting yet.
    promise.catch(() => undefined);
    return promise;
  }

  /** Resolves at the next continuation request (`+`), or when the command is answered without one. */
  continuation(answer: Promise<TaggedAnswer>): Promise<'go on' | TaggedAnswer> {
    return Promise.race([new Promise<'go on'>((resolve) => (this.#continuation = () => resolve('go on'))), answer]);
  }

  /** Writes the pieces as one, then waits for room in the socket's buffer. */
  async write(...pieces: readonly (Buffer | string)[]): Promise<void> {
    if (this.#ended) throw this.#ended;
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
        if (this.#ended) reject(this.#ended);
        else resolve();
      };
      this.#output.on('drain', done);
      this.#output.on('close', done);
    });
  }

  close(): void {
    this.#end('closed by mxodus');
  }

  #receive(chunk: Buffer): void {
    this.#watch();
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#literalLeft > 0) {
        const skipped = Math.min(this.#literalLeft, rest.length);
        this.#literalLeft -= skipped;
        rest = rest.subarray(skipped);
        continue;
      }
      const end = rest.indexOf(10);
      if (end < 0) {
        this.#pieces.push(rest);
        if (this.#pieces.reduce((sum, piece) => sum + piece.length, 0) > MAX_LINE_BYTES)
          this.#end('the server sent an endless line');
        return;
      }
      const line = Buffer.concat([...this.#pieces, rest.subarray(0, end)])
        .toString('latin1')
        .replace(/\r$/, '');
      this.#pieces = [];
      rest = rest.subarray(end + 1);
      // A literal in an untagged response is skipped by its length, never searched for lines.
      const literal = /\{(\d+)\}$/.exec(line)?.[1];
      if (literal !== undefined) this.#literalLeft = Number(literal);
      this.#line(line);
    }
  }

  #line(line: string): void {
    if (line.startsWith('+')) {
      const go = this.#continuation;
      this.#continuation = undefined;
      go?.();
      return;
    }
    if (line.startsWith('* ')) {
      if (/^\* BYE\b/i.test(line)) this.#bye = line.slice(6);
      return;
    }
    const [, tag, status, text = ''] = /^(\S+) (OK|NO|BAD)\b ?(.*)$/i.exec(line) ?? [];
    if (tag === undefined || status === undefined) return;
    const waiting = this.#commands.get(tag);
    this.#commands.delete(tag);
    this.#watch();
    const upper = status.toUpperCase();
    waiting?.resolve({ status: upper === 'OK' ? 'OK' : upper === 'NO' ? 'NO' : 'BAD', text });
  }

  /** A server that stops answering must not hold the run for ever. */
  #watch(): void {
    clearTimeout(this.#watchdog);
    if (this.#commands.size === 0 || this.#ended) return;
    this.#watchdog = setTimeout(() => this.#end(`no answer for ${this.#timeoutMs / 1000} s`), this.#timeoutMs);
  }

  #hurry = (): void => {
    this.#timeoutMs = Math.min(this.#timeoutMs, HURRIED_MS);
    this.#watch();
  };

  #end(why: string): void {
    if (this.#ended) return;
    this.#unlisten();
    this.#ended = new MxodusError('CONNECTION_LOST', {
      what: `the connection ended while messages were sent (${this.#bye === '' ? why : `the server said: ${this.#bye}`})`,
      why: 'the server or something on the way closed it',
      advice: 'the same command again: messages without an answer are looked up first, nothing is sent twice',
    });
    clearTimeout(this.#watchdog);
    this.#input.destroy();
    this.#output.destroy();
    for (const waiting of this.#commands.values()) waiting.reject(this.#ended);
    this.#commands.clear();
  }
}
