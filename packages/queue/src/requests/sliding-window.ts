/** The window is kept in so many slices: a request leaves it with its slice, up to this part of the window late, never early. */
const SLICES = 200;

interface Slice {
  from: number;
  amount: number;
}

/**
 * How much may happen within any stretch of time. A request is in it from when it is sent until `inMs` after its answer: whenever in
 * between the server counted it, it counts at least as long here. Takes a few comparisons a request; only what has to wait walks the
 * slices. Times are milliseconds of one clock that never goes back.
 */
export class SlidingWindow {
  readonly #most: number;
  readonly #inMs: number;
  readonly #sliceMs: number;
  /** Of requests that were answered, oldest first; never more than SLICES + 2. */
  readonly #slices: Slice[] = [];
  #answered = 0;
  #underWay = 0;

  constructor(most: number, inMs: number) {
    this.#most = most;
    this.#inMs = inMs;
    this.#sliceMs = Math.max(1, inMs / SLICES);
  }

  /**
   * When there is room for so much; null: now; Infinity: when what is under way has been answered. What is larger than the window
   * goes when the window is empty.
   */
  freeAt(at: number, amount: number): number | null {
    this.#drop(at);
    let over = this.#answered + this.#underWay + Math.min(amount, this.#most) - this.#most;
    if (over <= 0) return null;
    for (const slice of this.#slices) {
      over -= slice.amount;
      if (over <= 0) return this.#leavesAt(slice);
    }
    return Number.POSITIVE_INFINITY;
  }

  sent(amount: number): void {
    this.#underWay += amount;
  }

  /** What was counted as sent was not. */
  notSent(amount: number): void {
    this.#underWay -= amount;
  }

  wasAnswered(at: number, amount: number): void {
    this.#drop(at);
    this.#underWay -= amount;
    if (amount === 0) return;
    this.#answered += amount;
    const from = Math.floor(at / this.#sliceMs) * this.#sliceMs;
    const last = this.#slices.at(-1);
    if (last?.from === from) last.amount += amount;
    else this.#slices.push({ from, amount });
  }

  #leavesAt({ from }: Slice): number {
    return from + this.#sliceMs + this.#inMs;
  }

  #drop(at: number): void {
    let first = this.#slices[0];
    while (first !== undefined && this.#leavesAt(first) <= at) {
      this.#answered -= first.amount;
      this.#slices.shift();
      first = this.#slices[0];
    }
  }
}
