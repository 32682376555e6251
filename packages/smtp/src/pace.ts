import { setTimeout as sleep } from 'node:timers/promises';

interface Lane {
  running: number;
  /** When the next connection may begin, by the monotonic clock. */
  nextAt: number;
  waiting: (() => void)[];
}

/** Lets a few connections to one address be open at once, with a pause between their beginnings. */
export class Pace {
  readonly #atOnce: number;
  readonly #pauseMs: number;
  /** By address. Few: the hosts of a cutover. */
  readonly #lanes = new Map<string, Lane>();

  constructor({ atOnce, pauseMs }: { atOnce: number; pauseMs: number }) {
    this.#atOnce = atOnce;
    this.#pauseMs = pauseMs;
  }

  /** Rejects with the reason of `signal`, or as `work` does. */
  async run<T>(address: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const lane = this.#lanes.get(address) ?? { running: 0, nextAt: 0, waiting: [] };
    this.#lanes.set(address, lane);
    // Who wakes another hands over its place: nobody comes between.
    if (lane.running >= this.#atOnce) await new Promise<void>((resolve) => lane.waiting.push(resolve));
    else lane.running += 1;
    try {
      signal.throwIfAborted();
      const now = performance.now();
      const begin = Math.max(now, lane.nextAt);
      lane.nextAt = begin + this.#pauseMs;
      if (begin > now) await sleep(begin - now, undefined, { signal }).catch(() => signal.throwIfAborted());
      return await work();
    } finally {
      const next = lane.waiting.shift();
      if (next === undefined) lane.running -= 1;
      else next();
    }
  }
}
