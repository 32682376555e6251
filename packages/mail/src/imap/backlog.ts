import type { Wire } from './wire.ts';

const MOST_BYTES = 4 * 1024 * 1024;

/**
 * The bytes that were received and that nobody has taken yet. Above 4 MiB the wire pauses, unless someone waits for what is still to
 * come: a consumer that awaits another answer before it goes on would wait for ever.
 */
export class Backlog {
  readonly #wire: Wire;
  #bytes = 0;
  #waiting = 0;

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  received(bytes: number): void {
    this.#bytes += bytes;
    this.#review();
  }

  taken(bytes: number): void {
    this.#bytes -= bytes;
    this.#review();
  }

  /** Someone waits for bytes of the wire, until `stopWaiting`. */
  wait(): void {
    this.#waiting += 1;
    this.#review();
  }

  stopWaiting(): void {
    this.#waiting -= 1;
    this.#review();
  }

  #review(): void {
    if (this.#bytes > MOST_BYTES && this.#waiting === 0) this.#wire.pause(this);
    else if (this.#bytes <= MOST_BYTES / 2 || this.#waiting > 0) this.#wire.resume(this);
  }
}
