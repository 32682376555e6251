import type { Wait, WaitOptions } from '@mxodus/model';
import type { Moment } from './gate.ts';

/** Shorter waits are nobody's business. */
const TOLD_FROM_MS = 1000;

/** What somebody waits for. `until` is a time of the clock; null: not known. */
export interface Block {
  until: number | null;
  why: string;
}

/** The one people have to hear of: that which ends last. One whose end is not known counts only when there is no other. */
export function lastToEnd(blocks: readonly Block[]): Block | null {
  return blocks.reduce<Block | null>(
    (last, block) => (last === null || endOf(block) > endOf(last) ? block : last),
    null,
  );
}

const endOf = ({ until }: Block): number => until ?? Number.NEGATIVE_INFINITY;

/** One who waits. Tells when that takes a second or more, and when what it waits for becomes something else. */
export class Waiter<T> {
  readonly promise: Promise<T>;
  readonly #options: WaitOptions;
  readonly #startedAt: number;
  readonly #settle: PromiseWithResolvers<T>;
  readonly #onAbort: () => void;
  #told: Block | null = null;
  #over = false;

  /** @param onAbort called after the promise was rejected because the signal aborted */
  constructor(options: WaitOptions, { at, onAbort }: { at: number; onAbort: () => void }) {
    this.#options = options;
    this.#startedAt = at;
    this.#settle = Promise.withResolvers<T>();
    this.promise = this.#settle.promise;
    this.#onAbort = () => {
      this.reject(options.signal.reason);
      onAbort();
    };
    options.signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** Also when its signal has just aborted, and it is about to hear of it. */
  get isOver(): boolean {
    return this.#over || this.#options.signal.aborted;
  }

  /**
   * It has to wait for this.
   * @returns when it wants to be asked again, and whether this was worth telling
   */
  tell(block: Block, { at, wall }: Moment): { news: boolean; again: number } {
    const again = block.until ?? Number.POSITIVE_INFINITY;
    const long = block.until === null ? at : block.until;
    if (long - this.#startedAt < TOLD_FROM_MS)
      return { news: false, again: Math.min(again, this.#startedAt + TOLD_FROM_MS) };
    if (this.#told !== null && this.#told.why === block.why && sameEnd(this.#told, block))
      return { news: false, again };
    this.#told = block;
    this.#say({ why: block.why, until: block.until === null ? null : rfc3339(wall + block.until - at) });
    return { news: true, again };
  }

  grant(value: T): void {
    if (this.#end()) this.#settle.resolve(value);
  }

  reject(error: unknown): void {
    if (this.#end()) this.#settle.reject(error);
  }

  #end(): boolean {
    if (this.#over) return false;
    this.#over = true;
    this.#options.signal.removeEventListener('abort', this.#onAbort);
    if (this.#told !== null) this.#say(null);
    return true;
  }

  /** Later: who is told may come back with a wish of his own. */
  #say(wait: Wait | null): void {
    queueMicrotask(() => this.#options.onWait(wait));
  }
}

const sameEnd = (a: Block, b: Block): boolean =>
  a.until === b.until || (a.until !== null && b.until !== null && Math.abs(a.until - b.until) < TOLD_FROM_MS);

/** Whole seconds, not before the end; the two clocks do not tick as one. */
const rfc3339 = (wall: number): string => new Date(Math.ceil((wall - 20) / 1000) * 1000).toISOString();
