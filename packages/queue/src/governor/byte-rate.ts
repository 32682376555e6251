import type { Rate } from './gate.ts';

/** A token bucket that holds what may cross in one second. */
const BURST_MS = 1000;

/**
 * Bytes a second over all logins of a server. A message waits until the bucket holds it; one that is larger than the bucket waits
 * until it is full, and leaves a debt. What crossed without being asked for leaves a debt too. Debts are paid before anything else
 * crosses, however long that takes, so the rate is exact on average; in any window no more crosses than the rate allows for it, one
 * second's worth and one message. Times are milliseconds of one clock that never goes back.
 */
export class ByteRate implements Rate {
  readonly #perMs: number;
  readonly #capacity: number;
  #level: number;
  #at: number;

  constructor(bytesPerSecond: number, at: number) {
    this.#perMs = bytesPerSecond / 1000;
    this.#capacity = this.#perMs * BURST_MS;
    this.#level = this.#capacity;
    this.#at = at;
  }

  freeAt(at: number, bytes: number, ahead = 0): number {
    this.#refill(at);
    const missing = Math.min(bytes, this.#capacity) + ahead - this.#level;
    return missing <= 0 ? at : at + missing / this.#perMs;
  }

  take(at: number, bytes: number): void {
    this.#refill(at);
    this.#level -= bytes;
  }

  #refill(at: number): void {
    this.#level = Math.min(this.#capacity, this.#level + (at - this.#at) * this.#perMs);
    this.#at = at;
  }
}
