/** Where lines and literals of an IMAP stream begin and end, in either direction (RFC 9051 §2.2.2, §4.3). */

export interface LiteralMarker {
  /** Bytes. */
  length: number;
  /** The sender waits for a go-ahead before it sends the bytes; false for `{n+}` (RFC 7888). Of a server's: always true. */
  synchronising: boolean;
}

export interface Line {
  /** As it came, with its line end. */
  bytes: Buffer;
  /** latin1, without its line end. */
  text: string;
  /** The literal that follows: `{n}`, `{n+}`, `~{n}` (RFC 3516) at the end of the line. */
  literal: LiteralMarker | null;
}

export interface Cutter<Piece> {
  /** The next piece is cut when it is asked for, so that what happens to one may change how the rest is read. */
  feed(chunk: Buffer): Iterable<Piece>;
  /** The literal that was announced does not come. */
  dropLiteral(): void;
  /** Takes what was held back, because its line is not whole. */
  takeHeld(): Buffer;
}

export interface Cuts<Piece> {
  line(line: Line): Piece;
  /** @param last the literal ends with these bytes. */
  literal(bytes: Buffer, last: boolean): Piece;
}

const MARKER = /\{(\d+)(\+?)\}$/;

/** Cuts a stream. A line is held back until it is whole; literals are passed on as they come, and never looked into. */
export function createCutter<Piece>(cuts: Cuts<Piece>): Cutter<Piece> {
  let line: Buffer[] = [];
  let literalLeft = 0;

  function* feed(chunk: Buffer): Iterable<Piece> {
    let offset = 0;
    while (offset < chunk.length) {
      if (literalLeft > 0) {
        const bytes = chunk.subarray(offset, offset + literalLeft);
        literalLeft -= bytes.length;
        offset += bytes.length;
        yield cuts.literal(bytes, literalLeft === 0);
        continue;
      }
      const end = chunk.indexOf(0x0a, offset);
      line.push(chunk.subarray(offset, end === -1 ? chunk.length : end + 1));
      if (end === -1) return;
      offset = end + 1;
      const bytes = Buffer.concat(line);
      line = [];
      const whole = lineOf(bytes);
      literalLeft = whole.literal?.length ?? 0;
      yield cuts.line(whole);
    }
  }
  return {
    feed,
    dropLiteral: () => {
      literalLeft = 0;
    },
    takeHeld: () => {
      const bytes = Buffer.concat(line);
      line = [];
      return bytes;
    },
  };
}

function lineOf(bytes: Buffer): Line {
  const text = bytes.toString('latin1').replace(/\r?\n$/, '');
  const marker = MARKER.exec(text);
  return {
    bytes,
    text,
    literal: marker ? { length: Number(marker[1]), synchronising: marker[2] === '' } : null,
  };
}
