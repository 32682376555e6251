import { type Duplex, type Readable, Writable } from 'node:stream';
import { setImmediate as nextRound } from 'node:timers/promises';
import { constants, createDeflateRaw, createInflateRaw, type DeflateRaw } from 'node:zlib';
import { type CommitGate, emptied, socketGate, takes, written } from './commit-gate.ts';

/** The two directions of a connection. */
export interface Directions {
  input: Readable;
  output: Writable;
  gate: CommitGate;
}

/**
 * COMPRESS=DEFLATE (RFC 4978) for a connection that writes much: imapflow's own writer takes any amount at once (2.10.2), here a
 * write waits until the line takes it. Nothing else may be under way. The connection stays as it is when the server declines.
 *
 * @param signal aborts when the answer takes too long
 * @throws whatever ended the connection; the caller closes it
 */
export async function compressed(socket: Duplex, signal: AbortSignal): Promise<Directions> {
  const inflate = createInflateRaw({ finishFlush: constants.Z_SYNC_FLUSH });
  const rest = await ask(socket, signal);
  if (rest === null) return { input: socket, output: socket, gate: socketGate(socket) };
  const deflate = createDeflateRaw();
  // The socket ends both, and both end the socket.
  socket.on('error', (error) => inflate.destroy(error));
  socket.on('close', () => {
    deflate.destroy();
    if (!socket.readableEnded) inflate.destroy();
  });
  inflate.on('close', () => socket.destroy());
  deflate.on('error', (error) => socket.destroy(error));
  inflate.write(rest);
  socket.pipe(inflate);
  const line = new DeflatedLine(deflate, socket);
  return { input: inflate, output: line.output, gate: line };
}

/** What goes from zlib to the socket; the end of a command is held back when it is deflated. */
class DeflatedLine implements CommitGate {
  readonly output: Writable;
  readonly #deflate: DeflateRaw;
  readonly #socket: Duplex;
  /** Not null: in place of the socket. */
  #held: Buffer[] | null = null;
  /** The socket has passed on all it was given. */
  #passedOn: Promise<void> = Promise.resolve();

  constructor(deflate: DeflateRaw, socket: Duplex) {
    this.#deflate = deflate;
    this.#socket = socket;
    this.output = flushing(deflate, socket);
    deflate.on('data', (chunk: Buffer) => this.#pass(chunk));
    socket.on('drain', () => deflate.resume());
  }

  async prepare(head: readonly (Buffer | string)[], tail: Buffer): Promise<() => boolean> {
    await written(this.output, head);
    await this.#givenAll();
    const held: Buffer[] = [];
    this.#held = held;
    this.#deflate.write(tail);
    await new Promise<void>((resolve) => this.#deflate.flush(constants.Z_SYNC_FLUSH, () => resolve()));
    await this.#givenAll();
    this.#held = null;
    await emptied(this.#socket);
    return () => takes(this.#socket, Buffer.concat(held));
  }

  #pass(chunk: Buffer): void {
    if (this.#held !== null) {
      this.#held.push(chunk);
      return;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#passedOn = promise;
    if (!this.#socket.write(chunk, () => resolve())) this.#deflate.pause();
  }

  /** zlib has given away all it deflated, and the socket that. */
  async #givenAll(): Promise<void> {
    await this.#passedOn;
    while (this.#deflate.readableLength > 0 && !this.#socket.destroyed) {
      await nextRound();
      await this.#passedOn;
    }
  }
}

/** Each write is flushed: the server must see a whole command, and the writer waits for what the line does not take. */
function flushing(deflate: DeflateRaw, socket: Duplex): Writable {
  const write = (chunks: readonly Buffer[], done: () => void): void => {
    for (const chunk of chunks) deflate.write(chunk);
    deflate.flush(constants.Z_SYNC_FLUSH, done);
  };
  const output = new Writable({
    highWaterMark: 64 * 1024,
    decodeStrings: true,
    write: (chunk: Buffer, _, done) => write([chunk], done),
    writev: (chunks, done) =>
      write(
        chunks.map(({ chunk }) => chunk),
        done,
      ),
    destroy: (error, done) => {
      socket.destroy();
      done(error);
    },
  });
  socket.on('close', () => output.destroy());
  return output;
}

/** The bytes after the server's OK, which are compressed already; null when it declined. */
function ask(socket: Duplex, signal: AbortSignal): Promise<Buffer | null> {
  return new Promise((resolve, reject) => {
    let got = Buffer.alloc(0);
    const settle = (act: () => void) => {
      socket.off('data', onData).off('close', onClose).off('error', onError).pause();
      signal.removeEventListener('abort', onAbort);
      act();
    };
    const onData = (chunk: Buffer) => {
      got = Buffer.concat([got, chunk]);
      const answer = /(?:^|\r\n)Z1 (OK|NO|BAD)\b[^\r\n]*\r\n/i.exec(got.toString('latin1'));
      if (answer === null) return;
      const rest = got.subarray(answer.index + answer[0].length);
      settle(() => resolve(answer[1]?.toUpperCase() === 'OK' ? rest : null));
    };
    const onError = (error: Error) => settle(() => reject(error));
    const onClose = () =>
      onError(Object.assign(new Error('closed instead of COMPRESS'), { code: 'EConnectionClosed' }));
    const onAbort = () => onError(Object.assign(new Error('no answer to COMPRESS'), { code: 'ETIMEOUT' }));
    socket.on('data', onData).on('close', onClose).on('error', onError);
    signal.addEventListener('abort', onAbort, { once: true });
    socket.write('Z1 COMPRESS DEFLATE\r\n');
    socket.resume();
  });
}
