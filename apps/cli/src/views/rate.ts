const WINDOW_MS = 10_000;
/** Before that, a rate would be a guess. */
const ENOUGH_MS = 2000;

/** Messages a second over the last ten seconds. */
export class Rate {
  #samples: { at: number; done: number }[] = [];

  add(done: number, at: Date): void {
    const now = at.getTime();
    this.#samples = this.#samples.filter((sample) => now - sample.at <= WINDOW_MS);
    this.#samples.push({ at: now, done });
  }

  /** null: not known yet, or standing still. */
  perSecond(at: Date): number | null {
    const [first] = this.#samples;
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined) return null;
    const elapsed = at.getTime() - first.at;
    if (elapsed < ENOUGH_MS || at.getTime() - last.at > WINDOW_MS) return null;
    const rate = ((last.done - first.done) / elapsed) * 1000;
    return rate > 0 ? rate : null;
  }
}
