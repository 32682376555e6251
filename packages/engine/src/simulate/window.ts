import { invariant } from '@mxodus/model';

export interface WindowRule {
  /** Number of the limit it stands for. */
  limit: number;
  most: number;
  /** Seconds. */
  length: number;
  /** What one message takes of it. */
  perMessage: number;
  /** It begins at multiples of its length, as a day does, and not with what is first sent in it. */
  anchored: boolean;
}

/**
 * A limit of so much within so long. A new window begins with what is sent first after the last one ended: for whoever sends as fast as
 * he can that is the same as a sliding window.
 */
export class Window {
  readonly rule: WindowRule;
  #startedAt = Number.NEGATIVE_INFINITY;
  #used = 0;
  /** Seconds of work since it began that nothing but the mailbox's own pace held up. */
  unhindered = 0;

  constructor(rule: WindowRule) {
    this.rule = rule;
  }

  get endsAt(): number {
    return this.#startedAt + this.rule.length;
  }

  /** @param rate messages a second */
  spend(from: number, to: number, rate: number): void {
    const { length, perMessage, anchored } = this.rule;
    if (from >= this.endsAt) {
      this.#startedAt = anchored ? Math.floor(from / length) * length : from;
      this.#used = 0;
      this.unhindered = 0;
    }
    let since = from;
    if (to > this.endsAt) {
      this.#startedAt += Math.floor((to - this.#startedAt) / length) * length;
      this.#used = 0;
      this.unhindered = 0;
      since = this.#startedAt;
    }
    this.#used += rate * perMessage * (to - since);
  }

  /** When it will be used up at this rate; Infinity: never. */
  usedUpAt(now: number, rate: number): number {
    const { most, length, perMessage, anchored } = this.rule;
    const speed = rate * perMessage;
    if (speed <= 0) return Number.POSITIVE_INFINITY;
    const isOver = now >= this.endsAt;
    const end = isOver ? (anchored ? (Math.floor(now / length) + 1) * length : now + length) : this.endsAt;
    const at = now + Math.max(0, most - (isOver ? 0 : this.#used)) / speed;
    if (at < end) return at;
    return most / speed < length ? end + most / speed : Number.POSITIVE_INFINITY;
  }

  /** It is used up now. */
  exhaust(): void {
    invariant(this.#startedAt > Number.NEGATIVE_INFINITY, 'a window that was never begun cannot be used up');
    this.#used = this.rule.most;
  }

  isUsedUp(now: number): boolean {
    return now < this.endsAt && this.#used >= this.rule.most * (1 - 1e-9);
  }
}
