import { cut } from './columns.ts';
import type { TextStream } from './terminal.ts';

const CLEAR_TO_END = '\u001b[J';

/** Lines at the bottom of a terminal that are redrawn in place; other text scrolls by above them. */
export class LiveBlock {
  readonly #stream: TextStream;
  #height = 0;

  constructor(stream: TextStream) {
    this.#stream = stream;
  }

  /** Never more lines than the terminal shows: what has scrolled out cannot be redrawn. */
  draw(lines: readonly string[]): void {
    const width = (this.#stream.columns ?? 100) - 1;
    const room = Math.max(2, (this.#stream.rows ?? 24) - 1);
    const shown = lines.length <= room ? lines : [...lines.slice(0, room - 1), ...lines.slice(-1)];
    this.#stream.write(this.#toStart() + shown.map((line) => `${cut(line, width)}\n`).join(''));
    this.#height = shown.length;
  }

  /** Text that stays. */
  above(text: string): void {
    this.#stream.write(this.#toStart() + text);
    this.#height = 0;
  }

  clear(): void {
    if (this.#height > 0) this.#stream.write(this.#toStart());
    this.#height = 0;
  }

  #toStart(): string {
    return this.#height === 0 ? '' : `\u001b[${this.#height}A\r${CLEAR_TO_END}`;
  }
}
