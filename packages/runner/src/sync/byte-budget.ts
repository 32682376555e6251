/** Bounds the message bytes in memory. First come, first served; a message larger than all of it waits to be alone. */
export class ByteBudget {
  readonly #limit: number;
  #used = 0;
  readonly #waiting: { bytes: number; start: () => void }[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Resolves with the function that gives the bytes back; rejects when `signal` aborts first. */
  async take(bytes: number, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    const share = Math.min(bytes, this.#limit);
    if (this.#waiting.length > 0 || this.#used + share > this.#limit) {
      await this.#turn(share, signal);
    } else {
      this.#used += share;
    }
    let given = false;
    return () => {
      if (given) return;
      given = true;
      this.#used -= share;
      this.#admit();
    };
  }

  #turn(bytes: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(signal.reason);
        this.#admit();
      };
      const waiting = {
        bytes,
        start: () => {
          signal.removeEventListener('abort', leave);
          resolve();
        },
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#waiting.push(waiting);
    });
  }

  #admit(): void {
    for (
      let next = this.#waiting[0];
      next !== undefined && this.#used + next.bytes <= this.#limit;
      next = this.#waiting[0]
    ) {
      this.#waiting.shift();
      this.#used += next.bytes;
      next.start();
    }
  }
}
