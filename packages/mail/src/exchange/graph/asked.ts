import { Readable } from 'node:stream';

/** Questions whose throwing keeps a request from being done. */
export interface Asked {
  /** Asked right before anything is sent. */
  maySend?: (() => void) | undefined;
  /** Asked right before the last byte of the body is sent; where there is no body, after `maySend`. */
  mayCommit?: (() => void) | undefined;
}

/** Who was asked threw the cause: the request was not done. */
export class Forbidden extends Error {
  constructor(cause: unknown) {
    super('forbidden', { cause });
    this.name = 'Forbidden';
  }
}

/** The questions of one request, and what came of them. */
export class Questions {
  readonly #asked: Asked;
  forbidden: Forbidden | null = null;

  constructor(asked: Asked) {
    this.#asked = asked;
  }

  /** Asks what must be asked before anything is sent. What is returned asks the rest. Throws Forbidden. */
  contentOf(body: string | Uint8Array | undefined): string | Uint8Array | Readable | undefined {
    const { maySend, mayCommit } = this.#asked;
    this.#ask(maySend);
    if (mayCommit === undefined) return body;
    if (body !== undefined && body.length > 0) return new HeldBack(Buffer.from(body), () => this.#ask(mayCommit));
    this.#ask(mayCommit);
    return body;
  }

  #ask(question: (() => void) | undefined): void {
    try {
      question?.();
    } catch (error) {
      this.forbidden = new Forbidden(error);
      throw this.forbidden;
    }
  }
}

/**
 * A body whose last byte is asked for: without it the service does nothing, and so a process that is frozen while it sends completes
 * nothing when it is woken too late. A connection carries one request at a time. undici takes the next piece when the kernel has those
 * before, or when they are small: then they leave in this round of the loop, as the line is empty.
 */
class HeldBack extends Readable {
  readonly #bytes: Buffer;
  readonly #ask: () => void;
  #begun = false;

  constructor(bytes: Buffer, ask: () => void) {
    // Nothing is read ahead: the question would be asked too early.
    super({ highWaterMark: 0 });
    this.#bytes = bytes;
    this.#ask = ask;
  }

  override _read(): void {
    if (!this.#begun && this.#bytes.length > 1) {
      this.#begun = true;
      this.push(this.#bytes.subarray(0, -1));
      return;
    }
    setImmediate(() => this.#end());
  }

  #end(): void {
    if (this.destroyed) return;
    try {
      this.#ask();
    } catch (error) {
      this.destroy(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    this.push(this.#bytes.subarray(-1));
    this.push(null);
  }
}
