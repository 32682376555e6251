/** Requests that are answered after a complaint before one more at once is tried. */
const CALM_AFTER = 50;

/**
 * How many requests to one mailbox may be under way at once: as many as the limits say, or fewer when the server does not take so many.
 * Then something holds a place there that nobody here counts: a request whose connection was cut, one of a worker that froze while it
 * sent it.
 *
 *   what the server does              places
 *   complains                         one fewer, one at least; not for more complaints during the pause it asked for: they are about
 *                                     requests that were sent before
 *   answers fifty without complaint   one more, up to the limit
 */
export class Places {
  readonly #most: number;
  #now: number;
  #well = 0;

  constructor(most: number) {
    this.#most = most;
    this.#now = most;
  }

  get now(): number {
    return this.#now;
  }

  get isReduced(): boolean {
    return this.#now < this.#most;
  }

  complained(): void {
    this.#now = Math.max(1, this.#now - 1);
    this.#well = 0;
  }

  answered(requests: number): void {
    if (!this.isReduced) return;
    this.#well += requests;
    if (this.#well < CALM_AFTER) return;
    this.#now += 1;
    this.#well = 0;
  }
}
