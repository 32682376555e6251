/** Reads the tokens of one response (RFC 9051 section 9) byte by byte. */

/** A response that does not follow the grammar. What comes after it is not touched. */
export class MalformedResponse extends Error {}

/** What a response is made of where its shape is not known beforehand; strings hold one byte a character. */
export type Value = string | null | Value[];

const MAX_DEPTH = 32;
const NOTHING: Buffer = Buffer.alloc(0);

export const SPACE = 32;
export const QUOTE = 34;
export const OPEN = 40;
export const CLOSE = 41;
const BACKSLASH = 92;

/**
 * A response is a text, then for each literal in it the literal and another text. The bytes stay where they were received: a cursor
 * is good for the time of one call only.
 */
export class ResponseCursor {
  /** The text the cursor is in: `buffer[position]` up to `buffer[end]`. */
  buffer: Buffer = NOTHING;
  position = 0;
  end = 0;
  #part = 0;
  // Slots are filled anew for each response: arrays that shrink and grow cost more than reading the response.
  readonly #texts: Buffer[] = [];
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  readonly #literals: (Buffer | null)[] = [];
  #textCount = 0;
  #literalCount = 0;

  /** Forgets the response, and lets go of its bytes. */
  clear(): void {
    for (let part = 0; part < this.#textCount; part += 1) this.#texts[part] = NOTHING;
    for (let part = 0; part < this.#literalCount; part += 1) this.#literals[part] = null;
    this.#textCount = 0;
    this.#literalCount = 0;
    this.buffer = NOTHING;
    this.position = 0;
    this.end = 0;
  }

  addText(buffer: Buffer, start: number, end: number): void {
    const part = this.#textCount;
    this.#texts[part] = buffer;
    this.#starts[part] = start;
    this.#ends[part] = end;
    this.#textCount = part + 1;
  }

  /** null: its bytes went somewhere else as they came. */
  addLiteral(bytes: Buffer | null): void {
    this.#literals[this.#literalCount] = bytes;
    this.#literalCount += 1;
  }

  get isEmpty(): boolean {
    return this.#textCount === 0;
  }

  rewind(): void {
    this.#enter(0);
  }

  #enter(part: number): void {
    this.#part = part;
    this.buffer = this.#texts[part] ?? NOTHING;
    this.position = this.#starts[part] ?? 0;
    this.end = this.#ends[part] ?? 0;
  }

  get atLiteral(): boolean {
    return this.position === this.end && this.#part < this.#literalCount;
  }

  get atEnd(): boolean {
    return this.position >= this.end && this.#part >= this.#literalCount;
  }

  /** The next byte; -1 at a literal and at the end. */
  peek(): number {
    return this.position < this.end ? (this.buffer[this.position] ?? -1) : -1;
  }

  skipSpaces(): void {
    while (this.position < this.end && this.buffer[this.position] === SPACE) this.position += 1;
  }

  expect(byte: number): void {
    if (this.peek() !== byte) throw this.malformed();
    this.position += 1;
  }

  literal(): Buffer | null {
    if (!this.atLiteral) throw this.malformed();
    const bytes = this.#literals[this.#part] ?? null;
    this.#enter(this.#part + 1);
    return bytes;
  }

  number(): number {
    const { buffer, end } = this;
    let { position } = this;
    const start = position;
    let value = 0;
    for (; position < end; position += 1) {
      const digit = (buffer[position] ?? 0) - 48;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    if (position === start || position - start > 15) throw this.malformed();
    this.position = position;
    return value;
  }

  /** Everything up to a space, a parenthesis or the end; may be empty. */
  atom(): string {
    const start = this.position;
    this.skipAtom();
    return this.buffer.toString('latin1', start, this.position);
  }

  skipAtom(): void {
    const { buffer, end } = this;
    let { position } = this;
    for (; position < end; position += 1) {
      const byte = buffer[position];
      if (byte === SPACE || byte === OPEN || byte === CLOSE) break;
    }
    this.position = position;
  }

  /** The bytes of a quoted string or a literal; null for NIL, and for a literal whose bytes went somewhere else. */
  nstring(): Buffer | null {
    if (this.atLiteral) return this.literal();
    if (this.peek() === QUOTE) return this.#quoted();
    const word = this.atom();
    if (word.toUpperCase() !== 'NIL') throw this.malformed();
    return null;
  }

  /** An atom, a quoted string or a literal, one byte a character. "NIL" is a name like any other here. */
  astring(): string {
    if (this.atLiteral) return this.literal()?.toString('latin1') ?? '';
    if (this.peek() === QUOTE) return this.#quoted().toString('latin1');
    const word = this.atom();
    if (word === '') throw this.malformed();
    return word;
  }

  value(depth = 0): Value {
    if (this.atLiteral) return this.literal()?.toString('latin1') ?? null;
    const byte = this.peek();
    if (byte === QUOTE) return this.#quoted().toString('latin1');
    if (byte === OPEN) return this.list(depth);
    const word = this.atom();
    if (word === '') throw this.malformed();
    return word.toUpperCase() === 'NIL' ? null : word;
  }

  list(depth = 0): Value[] {
    if (depth > MAX_DEPTH) throw this.malformed();
    this.expect(OPEN);
    const values: Value[] = [];
    for (;;) {
      this.skipSpaces();
      if (this.peek() === CLOSE) break;
      if (this.atEnd) throw this.malformed();
      values.push(this.value(depth + 1));
    }
    this.position += 1;
    return values;
  }

  /** What is left, as words and lists. */
  values(): Value[] {
    const values: Value[] = [];
    for (;;) {
      this.skipSpaces();
      if (this.atEnd) return values;
      values.push(this.value());
    }
  }

  /** What is left of the text, for people. */
  rest(): string {
    return this.buffer.toString('utf8', this.position, this.end);
  }

  malformed(): MalformedResponse {
    const text = this.buffer.toString(
      'latin1',
      Math.max(0, this.position - 20),
      Math.min(this.end, this.position + 20),
    );
    return new MalformedResponse(`malformed response near "${text}"`);
  }

  #quoted(): Buffer {
    const { buffer, end } = this;
    const start = this.position + 1;
    let position = start;
    let escapes = 0;
    for (; position < end; position += 1) {
      const byte = buffer[position];
      if (byte === QUOTE) break;
      if (byte !== BACKSLASH) continue;
      escapes += 1;
      position += 1;
    }
    if (position >= end) throw this.malformed();
    this.position = position + 1;
    return escapes === 0 ? buffer.subarray(start, position) : unescaped(buffer, start, position, escapes);
  }
}

function unescaped(buffer: Buffer, start: number, end: number, escapes: number): Buffer {
  const bytes = Buffer.allocUnsafe(end - start - escapes);
  let length = 0;
  for (let position = start; position < end; position += 1) {
    if (buffer[position] === BACKSLASH) position += 1;
    bytes[length] = buffer[position] ?? 0;
    length += 1;
  }
  return bytes;
}
