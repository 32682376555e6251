import { ResponseCursor } from './response-cursor.ts';

/** Cuts what a server sends into responses: lines, and literals that are counted and never searched (RFC 9051 4.3). */

/** Where the bytes of one literal go as they come. */
export interface LiteralSink {
  write(bytes: Buffer): void;
}

export interface ResponseSink {
  /** A whole response. The cursor stands at its beginning, and is good until the call returns. */
  response(cursor: ResponseCursor): void;
  /** A literal begins; the cursor has what came before it. null: its bytes are kept with the response. */
  literal(cursor: ResponseCursor, size: number): LiteralSink | null;
}

/** After this nothing the server sends can be understood. */
export class LostFraming extends Error {}

const MAX_LINE = 1024 * 1024;
/** Two million UIDs. */
const MAX_NUMBERS_LINE = 16 * 1024 * 1024;
const MAX_LITERAL = 512 * 1024 * 1024;
/** A name, never a message. */
const MAX_OTHER_LITERAL = 1024 * 1024;

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const STAR = 42;
const PLUS = 43;
const MINUS = 45;
const TILDE = 126;
/** Of a literal's size: more than 32 bits have. */
const MAX_DIGITS = 10;
const BRACE = 123;
const END_BRACE = 125;

const NUMBERS = /^\* (E?SEARCH|SORT|VANISHED)\b/i;
const STATUS = /^\* (OK|NO|BAD|BYE|PREAUTH)\b/i;
const FETCH = /^\* \d+ FETCH\b/i;

export class ResponseFramer {
  readonly #sink: ResponseSink;
  readonly #cursor = new ResponseCursor();
  /** The beginning of a line whose end has not come. */
  #held: Buffer[] = [];
  #heldBytes = 0;
  /** Bytes of text in the response so far. */
  #textBytes = 0;
  #literalLeft = 0;
  #literal: Buffer | null = null;
  #literalSink: LiteralSink | null = null;

  constructor(sink: ResponseSink) {
    this.#sink = sink;
  }

  /** Throws LostFraming. */
  feed(chunk: Buffer): void {
    let position = 0;
    while (position < chunk.length) {
      if (this.#literalLeft > 0) {
        position = this.#continueLiteral(chunk, position);
        continue;
      }
      const end = chunk.indexOf(LINE_FEED, position);
      if (end < 0) {
        this.#hold(position === 0 ? chunk : chunk.subarray(position));
        return;
      }
      if (this.#heldBytes === 0) {
        position = this.#line(chunk, position, end, chunk);
        continue;
      }
      this.#held.push(chunk.subarray(position, end));
      const line = Buffer.concat(this.#held);
      this.#held = [];
      this.#heldBytes = 0;
      this.#line(line, 0, line.length, null);
      position = end + 1;
      position = this.#wholeLiteral(chunk, position);
    }
  }

  #hold(piece: Buffer): void {
    this.#held.push(piece);
    this.#heldBytes += piece.length;
    if (this.#heldBytes + this.#textBytes <= MAX_LINE) return;
    const beginning = this.#cursor.isEmpty ? Buffer.concat(this.#held.slice(0, 16)).toString('latin1', 0, 16) : '';
    if (!NUMBERS.test(beginning) || this.#heldBytes > MAX_NUMBERS_LINE)
      throw new LostFraming('the server sent an endless line');
  }

  /** Takes the line `buffer[start..end)`. With `chunk`: returns where to go on in it, after a literal that is all there. */
  #line(buffer: Buffer, start: number, end: number, chunk: Buffer | null): number {
    const after = end + 1;
    let last = end;
    if (last > start && buffer[last - 1] === CARRIAGE_RETURN) last -= 1;
    if (last > start && buffer[last - 1] === END_BRACE) {
      const marker = literalMarker(buffer, start, last);
      if (marker !== null && (!this.#cursor.isEmpty || isData(buffer, start, last))) {
        this.#cursor.addText(buffer, start, marker.start);
        this.#textBytes += last - start;
        this.#beginLiteral(marker.size);
        return chunk === null ? after : this.#wholeLiteral(chunk, after);
      }
    }
    if (last === start && this.#cursor.isEmpty) return after;
    this.#cursor.addText(buffer, start, last);
    this.#respond();
    return after;
  }

  #beginLiteral(size: number): void {
    if (this.#textBytes > MAX_LINE) throw new LostFraming('the server sent an endless response');
    this.#cursor.rewind();
    this.#literalSink = this.#sink.literal(this.#cursor, size);
    this.#literal = null;
    this.#literalLeft = size;
    if (size === 0) this.#endLiteral(Buffer.alloc(0));
    if (this.#literalSink !== null || size <= MAX_OTHER_LITERAL) return;
    this.#cursor.rewind();
    const most = FETCH.test(this.#cursor.buffer.toString('latin1', this.#cursor.position, this.#cursor.position + 32))
      ? MAX_LITERAL
      : MAX_OTHER_LITERAL;
    if (size > most) throw new LostFraming(`the server announced a string of ${size} bytes`);
  }

  /** A literal that lies in one chunk stays there. */
  #wholeLiteral(chunk: Buffer, position: number): number {
    const size = this.#literalLeft;
    if (size === 0 || this.#literalSink !== null || chunk.length - position < size) return position;
    this.#endLiteral(chunk.subarray(position, position + size));
    return position + size;
  }

  #continueLiteral(chunk: Buffer, position: number): number {
    const end = Math.min(chunk.length, position + this.#literalLeft);
    if (this.#literalSink !== null) {
      this.#literalSink.write(chunk.subarray(position, end));
      this.#literalLeft -= end - position;
      if (this.#literalLeft === 0) this.#endLiteral(null);
      return end;
    }
    // Not from the pool: a body may be kept for long.
    this.#literal ??= Buffer.allocUnsafeSlow(this.#literalLeft);
    chunk.copy(this.#literal, this.#literal.length - this.#literalLeft, position, end);
    this.#literalLeft -= end - position;
    if (this.#literalLeft === 0) this.#endLiteral(this.#literal);
    return end;
  }

  #endLiteral(bytes: Buffer | null): void {
    this.#cursor.addLiteral(bytes);
    this.#literal = null;
    this.#literalSink = null;
    this.#literalLeft = 0;
  }

  #respond(): void {
    this.#cursor.rewind();
    this.#textBytes = 0;
    try {
      this.#sink.response(this.#cursor);
    } finally {
      this.#cursor.clear();
    }
  }
}

/** `{n}`, `{n+}`, `~{n}` (RFC 3516) at the end of a line: where it begins, and n. */
function literalMarker(buffer: Buffer, start: number, end: number): { start: number; size: number } | null {
  let position = end - 2;
  if (buffer[position] === PLUS) position -= 1;
  let size = 0;
  for (let unit = 1; position > start; position -= 1, unit *= 10) {
    const digit = (buffer[position] ?? 0) - 48;
    if (digit < 0 || digit > 9) break;
    size += digit * unit;
  }
  const digits = end - 1 - (buffer[end - 2] === PLUS ? 1 : 0) - position - 1;
  if (buffer[position] !== BRACE && buffer[position] !== PLUS && buffer[position] !== MINUS) return null;
  // What follows a size nobody can count cannot be told from lines any more.
  if (digits > 0 && (digits > MAX_DIGITS || buffer[position] !== BRACE))
    throw new LostFraming(`the server announced a string of "${buffer.toString('latin1', position, end)}" bytes`);
  if (digits === 0) return null;
  return { start: position > start && buffer[position - 1] === TILDE ? position - 1 : position, size };
}

/** The free text of a status response, a tagged answer or a continuation request may end like a literal. */
function isData(buffer: Buffer, start: number, end: number): boolean {
  if (buffer[start] !== STAR) return false;
  const digit = buffer[start + 2] ?? 0;
  return (digit >= 48 && digit <= 57) || !STATUS.test(buffer.toString('latin1', start, Math.min(end, start + 16)));
}
