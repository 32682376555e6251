import type { Socket } from 'node:net';

interface Piece {
  /** null: the end. */
  bytes: Buffer | null;
  due: number;
}

// What may be under way in one direction, so that a slow reader slows its writer as on a real line. Over 20 ms one way it is far
// more than any server sends, so the line adds time and does not limit the rate.
const UNDER_WAY = 16 * 1024 * 1024;

/** One direction: every byte comes out `delayMs()` after it went in, in order. */
export function delayedLink(from: Socket, to: Socket, delayMs: () => number): void {
  const queue: Piece[] = [];
  let queued = 0;
  let timer: NodeJS.Timeout | null = null;

  const deliver = (): void => {
    timer = null;
    // Timers count in whole milliseconds.
    const now = performance.now() + 0.5;
    to.cork();
    for (let next = queue[0]; next !== undefined && next.due <= now; next = queue[0]) {
      queue.shift();
      queued -= next.bytes?.length ?? 0;
      if (next.bytes === null) to.end();
      else if (!to.destroyed) to.write(next.bytes);
    }
    to.uncork();
    if (queue[0] !== undefined) timer = setTimeout(deliver, Math.max(1, queue[0].due - performance.now()));
    breathe();
  };
  const breathe = (): void => {
    const full = queued + to.writableLength > UNDER_WAY;
    if (full && !from.isPaused()) from.pause();
    else if (!full && from.isPaused()) from.resume();
  };
  const put = (bytes: Buffer | null): void => {
    queue.push({ bytes, due: performance.now() + delayMs() });
    queued += bytes?.length ?? 0;
    if (delayMs() === 0 && timer === null) deliver();
    else timer ??= setTimeout(deliver, delayMs());
    breathe();
  };
  from.on('data', put);
  from.on('end', () => put(null));
  to.on('drain', breathe);
}
