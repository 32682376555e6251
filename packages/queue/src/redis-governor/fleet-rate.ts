import type { Rate } from '../governor/gate.ts';
import type { FleetBucket } from './fleet-bucket.ts';

/** Bytes are taken from the bucket for this long at once: four questions a second and worker, however small the messages. */
const CHUNK_MS = 250;
/** What was taken and not used for so long is given up: nobody saves for a rush. */
const KEEP_MS = 500;

/**
 * A worker's part of the bytes a second of a server. A message waits until its bytes are here, one larger than a chunk until a chunk is;
 * what crossed beyond what was here is a debt, and taken from the bucket before anything else crosses. So in any window no more
 * crosses, over all workers, than the rate allows for it, one second's worth, and one message of each. Times are milliseconds of one
 * clock that never goes back.
 */
export class FleetRate implements Rate {
  readonly #bucket: FleetBucket;
  readonly #now: () => number;
  readonly #onKnown: () => void;
  readonly #perMs: number;
  readonly #chunk: number;
  /** Here to be used; below 0: crossed and not paid for. */
  #level = 0;
  #changedAt: number;
  /** Asked for; `at`: when they may be used, null: not answered yet. */
  #coming: { bytes: number; at: number | null } | null = null;

  /** @param onKnown called when the bucket answered */
  constructor(bucket: FleetBucket, { now, onKnown }: { now: () => number; onKnown: () => void }) {
    this.#bucket = bucket;
    this.#now = now;
    this.#onKnown = onKnown;
    this.#perMs = bucket.bytesPerSecond / 1000;
    this.#chunk = Math.ceil(this.#perMs * CHUNK_MS);
    this.#changedAt = now();
  }

  freeAt(at: number, bytes: number, ahead = 0): number {
    this.#arrive(at);
    const missing = Math.min(bytes, this.#chunk) + ahead - this.#level;
    if (missing <= 0) return at;
    if (this.#coming === null) this.#ask(Math.max(missing, this.#chunk));
    // Not answered: as if the bucket were empty and nobody else came; it is looked again with the answer.
    return Math.max(at + 1, this.#coming?.at ?? at + missing / this.#perMs);
  }

  take(at: number, bytes: number): void {
    this.#arrive(at);
    this.#level -= bytes;
    this.#changedAt = at;
    if (this.#level < 0 && this.#coming === null) this.#ask(-this.#level);
  }

  #arrive(at: number): void {
    if (this.#coming?.at != null && this.#coming.at <= at) {
      this.#level += this.#coming.bytes;
      this.#changedAt = this.#coming.at;
      this.#coming = null;
    }
    if (this.#level > 0 && at - this.#changedAt >= KEEP_MS) this.#level = 0;
  }

  #ask(bytes: number): void {
    const coming: { bytes: number; at: number | null } = { bytes: Math.ceil(bytes), at: null };
    this.#coming = coming;
    const answered = (inMs: number): void => {
      coming.at = this.#now() + inMs;
      this.#onKnown();
    };
    void this.#bucket.take(coming.bytes).then(answered);
  }
}
