import type { SlowDown } from '@mxodus/model';
import { Allowance } from './allowance.ts';
import { Pace } from './pace.ts';
import { holdWords, slotWords, type Whose } from './wait-words.ts';
import type { Block } from './waiter.ts';

/** A destination needs two of one login: one appends, one makes folders and sets flags. A server that takes one says so again. */
const FEWEST = 2;

/** What was done when the server asked for less: other processes do the same. */
export interface Measure {
  /** What is left of the pause; null: none. */
  pauseMs: number | null;
  /** It was a complaint about the pace, and this was the pace: commands a second; null: it was not, or none were seen. */
  slower: { perSecond: number | null } | null;
  /** Connections that are left, and in how many milliseconds there will be as many as before; null: none were taken. */
  connections: { left: number; forMs: number } | null;
  words: string;
}

/** What holds for one login, or for a whole server: its connections and its pace. Times are the clock's. */
export class Scope {
  readonly #whose: Whose;
  readonly #allowance: Allowance;
  readonly #pace = new Pace();
  inUse = 0;

  constructor(whose: Whose, connections: number) {
    this.#whose = whose;
    this.#allowance = new Allowance(connections, whose.user === null ? 1 : FEWEST);
  }

  slowDown(at: number, { kind, pauseMs, words }: SlowDown): Measure {
    if (kind === 'pause') {
      this.#pace.complain(at, pauseMs, words);
      this.#allowance.complained(at);
      const { pauseMs: left = 0, perSecond = null } = this.#pace.complaint(at) ?? {};
      return { pauseMs: left, slower: { perSecond }, connections: null, words };
    }
    this.#allowance.lower(at, this.inUse, words);
    // With one connection or none in use there is nothing left to lower but time.
    if (pauseMs !== null || this.inUse <= 1) this.#pace.rest(at, pauseMs, words);
    const left = pauseMs === null ? null : (this.#pace.complaint(at)?.pauseMs ?? null);
    const connections = { left: this.connections(at), forMs: this.#allowance.recoversIn(at) };
    return { pauseMs: left, slower: null, connections: connections.forMs > 0 ? connections : null, words };
  }

  /**
   * Another process was asked for less. Connections: who has some takes one less than those, who has none no more than the other one
   * has left.
   */
  hear(at: number, { pauseMs, slower, connections, words }: Measure): void {
    if (slower !== null) {
      this.#pace.complain(at, pauseMs ?? 0, words, slower.perSecond);
      this.#allowance.complained(at);
    } else if (pauseMs !== null) this.#pace.rest(at, pauseMs, words);
    if (connections === null) return;
    this.#allowance.lower(at, this.inUse > 0 ? this.inUse : connections.left + 1, words);
  }

  wentWell(at: number): void {
    this.#pace.wentWell(at);
  }

  connections(at: number): number {
    return this.#allowance.now(at);
  }

  /** When there will be one more; Infinity: never. */
  connectionsRiseAt(at: number): number {
    return this.#allowance.risesAt(at) ?? Number.POSITIVE_INFINITY;
  }

  /** What keeps another connection from being made: a pause, or those there are. */
  connectionBlocks(at: number): Block[] {
    const blocks: Block[] = [];
    const hold = this.#pace.hold(at);
    if (hold?.kind === 'pause') blocks.push({ until: hold.until, why: holdWords(this.#whose, hold) });
    const connections = this.connections(at);
    if (this.inUse >= connections) {
      blocks.push({ until: null, why: slotWords(this.#whose, connections, this.#allowance.words(at)) });
    }
    return blocks;
  }

  /** Why there is no room for another connection since the server asked for fewer; null: there is, or it did not ask. */
  takenBack(at: number): string | null {
    const [connections, words] = [this.connections(at), this.#allowance.words(at)];
    return words === null || this.inUse < connections ? null : slotWords(this.#whose, connections, words);
  }

  /** What keeps another command from being sent. */
  commandBlock(at: number, ahead = 0): Block | null {
    const hold = this.#pace.hold(at, ahead);
    return hold === null ? null : { until: hold.until, why: holdWords(this.#whose, hold) };
  }

  takeCommand(at: number): void {
    this.#pace.take(at);
  }
}
