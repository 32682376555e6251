import type { Wait } from '@mxodus/model';

/**
 * Says when a slice is over.
 *
 *   its time is up, and something was sent       over at once; else with the next that is sent
 *   its time is up, and a server is waited for   over; it may be hours
 *   a server is waited for longer than that      over at once: somebody else may have the place
 *   one of `signals` aborts                      over, with its reason
 *
 * A slice that sent nothing yet goes on: the next one would look at everything again, and get no further.
 */
export class SliceClock {
  /** Aborts when the slice is over. */
  readonly signal: AbortSignal;
  readonly #over = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #endsAt: number;
  #timeIsUp = false;
  #gotOn = false;
  #wait: Wait | null = null;

  constructor(sliceMs: number, signals: readonly AbortSignal[]) {
    this.signal = AbortSignal.any([this.#over.signal, ...signals]);
    this.#endsAt = Date.now() + sliceMs;
    this.#timer = setTimeout(() => {
      this.#timeIsUp = true;
      this.#check();
    }, sliceMs);
  }

  /** Messages were sent, and that is written down. */
  gotOn(): void {
    this.#gotOn = true;
    this.#check();
  }

  /** A server is waited for; null: no longer. */
  waits(wait: Wait | null): void {
    this.#wait = wait;
    const until = wait?.until ?? null;
    if (until !== null && new Date(until).getTime() > this.#endsAt) this.#timeIsUp = true;
    this.#check();
  }

  /** When going on makes sense, in milliseconds from `now`. */
  restMs(now: Date): number {
    if (this.#wait === null) return 0;
    const { until } = this.#wait;
    const ms = until === null ? SHORTEST_WAIT_MS : new Date(until).getTime() - now.getTime();
    return Math.min(LONGEST_WAIT_MS, Math.max(SHORTEST_WAIT_MS, ms));
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #check(): void {
    if (this.#timeIsUp && (this.#gotOn || this.#wait !== null)) this.#over.abort(new Error('the slice is over'));
  }
}

const SHORTEST_WAIT_MS = 1000;
/** What a server asks for may change before. */
const LONGEST_WAIT_MS = 60_000;
