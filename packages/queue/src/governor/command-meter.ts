const SECONDS = 10;

/** Commands a second over the last ten seconds. Times are milliseconds of one clock that never goes back. */
export class CommandMeter {
  readonly #counts = new Array<number>(SECONDS).fill(0);
  #second = Number.NEGATIVE_INFINITY;
  #since: number | null = null;

  count(at: number): void {
    this.#since ??= at;
    this.#turn(at);
    const slot = this.#second % SECONDS;
    this.#counts[slot] = (this.#counts[slot] ?? 0) + 1;
  }

  /** Counted over a second at least: a first command is one a second, not a thousand. */
  perSecond(at: number): number {
    if (this.#since === null) return 0;
    this.#turn(at);
    const from = Math.max(this.#since, (this.#second - SECONDS + 1) * 1000);
    const commands = this.#counts.reduce((sum, count) => sum + count, 0);
    return commands / Math.max(1, (at - from) / 1000);
  }

  /** Forgets what was; a pause is no part of the pace. */
  restart(): void {
    this.#since = null;
    this.#counts.fill(0);
  }

  #turn(at: number): void {
    const second = Math.floor(at / 1000);
    const passed = Math.min(SECONDS, second - this.#second);
    for (let index = 1; index <= passed; index += 1) this.#counts[(second - passed + index) % SECONDS] = 0;
    this.#second = second;
  }
}
