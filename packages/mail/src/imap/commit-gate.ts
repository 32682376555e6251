import type { Writable } from 'node:stream';
import { setImmediate as nextRound } from 'node:timers/promises';
import { TLSSocket } from 'node:tls';

/**
 * Lets out the end of a command only when asked for in the same breath, so that a process that is frozen (SIGSTOP, a suspended
 * machine) and woken when its right is over cannot complete a message:
 *
 *   bytes                        where a frozen process has them   what becomes of them
 *   all but the tail (`head`)    kernel                            sent while it is frozen
 *                                libuv, TLS, zlib, this process    sent on waking, some before any JavaScript runs
 *   the tail                     this process                      nobody sends it but the function that `prepare` gives
 *                                kernel                            it was asked for, and taken in one write, right before
 *
 * A server stores nothing of an APPEND whose last literal lacks a byte, nor of a MULTIAPPEND that has no end (RFC 9051 6.3.12,
 * RFC 3502), so a head may go out at any time. The tail must never be in a queue of libuv: that is emptied on waking before any
 * JavaScript runs. Hence it is written only when no queue holds anything, without giving up the thread after the question; and
 * where the kernel does not take it whole (its buffer is full to the brim) the caller destroys the socket in the same turn, which
 * takes what is queued back. As long as no tail is queued, what libuv has is never more than the head of one command.
 *
 * What is left is a freeze between the question and the system call that follows it, some microseconds of straight code.
 */
export interface CommitGate {
  /**
   * Writes the head, and waits until the kernel has it and all that was written before. Nothing else may be written meanwhile.
   *
   * @returns sends the tail at once; false: the kernel did not take all of it
   */
  prepare(head: readonly (Buffer | string)[], tail: Buffer): Promise<() => boolean>;
}

/** The last byte of a literal, and the line end. As few as that, for a full line takes a large tail less often than a small one. */
const TAIL_BYTES = 3;

export function withoutTail(pieces: readonly (Buffer | string)[]): { head: (Buffer | string)[]; tail: Buffer } {
  const head = [...pieces];
  let tail = Buffer.alloc(0);
  for (let last = head.pop(); last !== undefined; last = head.pop()) {
    const bytes = Buffer.from(last);
    const cut = Math.max(0, bytes.length - (TAIL_BYTES - tail.length));
    tail = Buffer.concat([bytes.subarray(cut), tail]);
    if (cut > 0) head.push(bytes.subarray(0, cut));
    if (tail.length === TAIL_BYTES) break;
  }
  return { head, tail };
}

/** Over a socket, with TLS or without. */
export function socketGate(socket: Writable): CommitGate {
  return {
    prepare: async (head, tail) => {
      await written(socket, head);
      await emptied(socket);
      return () => takes(socket, tail);
    },
  };
}

/** Writes the pieces as one; resolves when the stream has passed them on. */
export function written(output: Writable, pieces: readonly (Buffer | string)[]): Promise<void> {
  const last = pieces.at(-1);
  if (last === undefined) return Promise.resolve();
  return new Promise((resolve, reject) => {
    output.cork();
    for (const piece of pieces.slice(0, -1)) output.write(piece);
    output.write(last, (error) => (error ? reject(error) : resolve()));
    output.uncork();
  });
}

/** After the callbacks of all writes there is nothing to wait for, but for what TLS has to say for itself. */
export async function emptied(socket: Writable): Promise<void> {
  while (!socket.destroyed && (socket.writableLength > 0 || queued(handleOf(socket)) > 0)) await nextRound();
}

/** Whether the kernel took all of it at once; nothing may be waiting. */
export function takes(socket: Writable, bytes: Buffer): boolean {
  const idle = socket.writableLength === 0;
  socket.write(bytes);
  if (!idle) return false;
  // TLS calls back in the next round of the loop, and counts as held until then what it encrypted: the socket below it tells
  // (Node 26.10, 2026-11).
  return socket instanceof TLSSocket ? queued(below(socket)) === 0 : socket.writableLength === 0;
}

const handleOf = (socket: Writable): unknown => Reflect.get(socket, '_handle');

const below = (socket: TLSSocket): unknown => fieldOf(handleOf(socket), '_parent');

/** Bytes in the queue of a handle of Node's. */
function queued(handle: unknown): number {
  const bytes = fieldOf(handle, 'writeQueueSize');
  return typeof bytes === 'number' ? bytes : 0;
}

const fieldOf = (of: unknown, name: string): unknown =>
  typeof of === 'object' && of !== null ? Reflect.get(of, name) : undefined;
