/** Without a complaint for this long, one more connection is tried. */
export const RISE_EVERY_MS = 5 * 60_000;

/**
 * How many connections there may be at once, for one login or one server: the cap of the config, fewer after the server asked for
 * fewer, one more for every five minutes without a complaint. Times are milliseconds of one clock that never goes back.
 */
export class Allowance {
  readonly cap: number;
  readonly #fewest: number;
  #lowered: { to: number; at: number; words: string } | null = null;

  /** @param fewest it is never lowered below; a server that takes fewer says so again */
  constructor(cap: number, fewest = 1) {
    this.cap = cap;
    this.#fewest = Math.min(cap, fewest);
  }

  /**
   * The server asked for fewer.
   * @param inUse connections when it did, with the one it refused; it takes one less
   */
  lower(at: number, inUse: number, words: string): void {
    const before = this.now(at);
    const to = Math.max(this.#fewest, Math.min(before, inUse > 0 ? inUse - 1 : before - 1));
    if (to < this.cap) this.#lowered = { to, at, words };
  }

  /** The server asked for less of something else: no time to try one more. */
  complained(at: number): void {
    const to = this.now(at);
    if (this.#lowered !== null) this.#lowered = { ...this.#lowered, to, at };
  }

  now(at: number): number {
    if (this.#lowered === null) return this.cap;
    const risen = this.#lowered.to + Math.floor((at - this.#lowered.at) / RISE_EVERY_MS);
    if (risen < this.cap) return risen;
    this.#lowered = null;
    return this.cap;
  }

  /** In how many milliseconds there will be as many as the cap. */
  recoversIn(at: number): number {
    const risesAt = this.risesAt(at);
    return risesAt === null ? 0 : risesAt - at + (this.cap - this.now(at) - 1) * RISE_EVERY_MS;
  }

  /** When there will be one more; null: never. */
  risesAt(at: number): number | null {
    const risen = this.now(at);
    if (this.#lowered === null) return null;
    return this.#lowered.at + (risen - this.#lowered.to + 1) * RISE_EVERY_MS;
  }

  /** What the server said when it asked for fewer; null: it did not. */
  words(at: number): string | null {
    return this.now(at) < this.cap ? (this.#lowered?.words ?? null) : null;
  }
}
