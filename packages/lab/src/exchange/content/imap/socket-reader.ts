import type { Readable } from 'node:stream';

export interface Line {
  bytes: Buffer;
  tooLong: boolean;
}

/** Lines and runs of bytes out of a connection. Everything resolves with null when the connection has ended. */
export class SocketReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #held: Buffer = Buffer.alloc(0);

  constructor(socket: Readable) {
    this.#chunks = socket[Symbol.asyncIterator]();
  }

  /** A line without its CRLF. One of more than `longest` bytes is skipped to its end; where it began is told. */
  async line(longest: number): Promise<Line | null> {
    let skipped: Buffer | null = null;
    for (let from = 0; ; ) {
      const end = this.#held.indexOf('\n', from);
      if (end >= 0) {
        const line = this.#held.subarray(0, this.#held[end - 1] === 13 ? end - 1 : end);
        this.#held = this.#held.subarray(end + 1);
        const cut = skipped ?? (line.length > longest ? line : null);
        return cut === null ? { bytes: line, tooLong: false } : { bytes: cut.subarray(0, longest), tooLong: true };
      }
      if (this.#held.length > longest + 2) {
        skipped ??= this.#held;
        this.#held = Buffer.alloc(0);
      }
      from = this.#held.length;
      if (!(await this.#more())) return null;
    }
  }

  async bytes(count: number): Promise<Buffer | null> {
    const pieces: Buffer[] = [];
    for (let missing = count; missing > 0; ) {
      if (this.#held.length === 0 && !(await this.#more())) return null;
      const piece = this.#held.subarray(0, missing);
      this.#held = this.#held.subarray(piece.length);
      pieces.push(piece);
      missing -= piece.length;
    }
    return Buffer.concat(pieces);
  }

  /** Reads bytes nobody wants. */
  async skip(count: number): Promise<boolean> {
    for (let missing = count; missing > 0; ) {
      if (this.#held.length === 0 && !(await this.#more())) return false;
      const dropped = Math.min(missing, this.#held.length);
      this.#held = this.#held.subarray(dropped);
      missing -= dropped;
    }
    return true;
  }

  async #more(): Promise<boolean> {
    try {
      const { value, done } = await this.#chunks.next();
      if (done === true) return false;
      this.#held = this.#held.length === 0 ? value : Buffer.concat([this.#held, value]);
      return true;
    } catch {
      // Reset by the client: the same to us as an end.
      return false;
    }
  }
}
