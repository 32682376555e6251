import type { Socket } from 'node:net';

/** One direction between two sockets. */
export interface DelayedLink {
  send(bytes: Buffer): void;
  /** Ends `to` when everything sent before has got there. */
  end(): void;
}

/** Passes bytes on after `delayMs()`, in order, and slows `from` down when `to` does not take them. */
export function createDelayedLink(from: Socket, to: Socket, delayMs: () => number): DelayedLink {
  // Timers may fire out of order by a millisecond; each one takes whatever is next.
  const queue: (() => void)[] = [];
  const later = (act: () => void): void => {
    const delay = delayMs();
    if (delay <= 0 && queue.length === 0) return void act();
    queue.push(act);
    setTimeout(() => queue.shift()?.(), delay);
  };
  return {
    send: (bytes) =>
      later(() => {
        if (to.destroyed || to.write(bytes)) return;
        from.pause();
        to.once('drain', () => from.resume());
      }),
    end: () => later(() => to.end()),
  };
}
