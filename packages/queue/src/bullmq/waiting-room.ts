/**
 * The jobs this worker put off because a server had no room for them, in the order they came. Each comes back by itself after a while;
 * when something is given back, the first of those with the same servers is called at once, and the next one when that had luck.
 */
export class WaitingRoom {
  readonly #call: (id: string) => void;
  readonly #waiting = new Map<string, { servers: string; called: boolean }>();
  #news = 0;

  constructor(call: (id: string) => void) {
    this.#call = call;
  }

  /** The moment, for `enter`. */
  now(): number {
    return this.#news;
  }

  /**
   * A job that can be called from now on. It keeps its place when it has been here before.
   *
   * @param asked the moment before it asked for room: what was given back since, it did not hear of
   */
  enter(id: string, servers: readonly string[], asked: number): void {
    const known = this.#waiting.get(id);
    if (known === undefined) this.#waiting.set(id, { servers: servers.toSorted().join(' '), called: false });
    else known.called = false;
    if (asked !== this.#news) this.#callFirst(this.#waiting.get(id)?.servers);
  }

  /** It has what it needs. */
  lucky(id: string): void {
    const { servers } = this.#waiting.get(id) ?? {};
    this.#waiting.delete(id);
    this.#callFirst(servers);
  }

  /** Returns false when it was not here. */
  leave(id: string): boolean {
    return this.#waiting.delete(id);
  }

  /** Something was given back somewhere. */
  somethingIsFree(): void {
    this.#news += 1;
    for (const servers of new Set([...this.#waiting.values()].map((one) => one.servers))) this.#callFirst(servers);
  }

  close(): void {
    this.#waiting.clear();
  }

  #callFirst(servers: string | undefined): void {
    for (const [id, waiting] of this.#waiting) {
      if (waiting.servers !== servers || waiting.called) continue;
      waiting.called = true;
      this.#call(id);
      return;
    }
  }
}
