import type { Wait } from '@mxodus/model';

const PATIENCE_MS = 60_000;
/** Timers and the wall clock do not agree to the millisecond. */
const LATE_MS = 5;

const SHORTEST_WAIT_MS = 1000;
/** What a server asks for may change before. */
const LONGEST_WAIT_MS = 60_000;

/**
 * Says when a slice is over.
 *
 *   its time is up, and something was sent       over at once; else with the next that is sent
 *   its time is up, and a server is waited for   over; it may be hours
 *   a server is waited for longer than that      over at once: somebody else may have the place
 *   one of `signals` aborts                      over, with its reason
 *
 * A slice that sent nothing yet goes on: the next one would look at everything again, and get no further. For a server it waits a minute
 * at least then: where slices are as short as what servers ask for, none would ever come to send something.
 */
export class SliceClock {
  /** Aborts when the slice is over. */
  readonly signal: AbortSignal;
  readonly #over = new AbortController();
  readonly #timers: readonly NodeJS.Timeout[];
  readonly #endsAt: number;
  /** Of a slice that sent nothing. */
  readonly #patientUntil: number;
  #gotOn = false;
  #wait: Wait | null = null;

  constructor(sliceMs: number, signals: readonly AbortSignal[]) {
    this.signal = AbortSignal.any([this.#over.signal, ...signals]);
    this.#endsAt = Date.now() + sliceMs;
    this.#patientUntil = Math.max(this.#endsAt, Date.now() + PATIENCE_MS);
    this.#timers = [sliceMs, PATIENCE_MS].map((ms) => setTimeout(() => this.#check(), ms + LATE_MS));
  }

  /** Messages were sent, and that is written down. */
  gotOn(): void {
    this.#gotOn = true;
    this.#check();
  }

  /** A server is waited for; null: no longer. */
  waits(wait: Wait | null): void {
    this.#wait = wait;
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
    for (const timer of this.#timers) clearTimeout(timer);
  }

  #check(): void {
    if (this.#gotOn ? this.#isPast(this.#endsAt) : this.#wait !== null && this.#isPast(this.#patientUntil)) {
      this.#over.abort(new Error('the slice is over'));
    }
  }

  /** Now, or when what is waited for comes. */
  #isPast(end: number): boolean {
    const until = this.#wait?.until ?? null;
    return Date.now() >= end || (until !== null && new Date(until).getTime() > end);
  }
}
