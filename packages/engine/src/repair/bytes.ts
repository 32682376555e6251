/** Lines and edits of raw message bytes; every function is linear in its input. */

export const NUL = 0x00;
export const TAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SPACE = 0x20;
export const COLON = 0x3a;

export interface Line {
  /** Offset of its first byte. */
  start: number;
  /** Offset after its last byte, without the line end. */
  end: number;
  /** Offset of the next line. */
  next: number;
}

/** The line that starts at `start`; it ends with CRLF, LF or the message. */
export function lineAt(bytes: Buffer, start: number): Line {
  const lf = bytes.indexOf(LF, start);
  if (lf === -1) return { start, end: bytes.length, next: bytes.length };
  return { start, end: lf > start && bytes[lf - 1] === CR ? lf - 1 : lf, next: lf + 1 };
}

export function* lines(bytes: Buffer): Generator<Line> {
  for (let start = 0; start < bytes.length; ) {
    const line = lineAt(bytes, start);
    yield line;
    start = line.next;
  }
}

/** No server takes a header of more; it also bounds the number of edits. */
const MAX_HEADER_BYTES = 1024 * 1024;

/** The first empty line; null: the message is all header. */
export function separatorOf(message: Buffer): Line | null {
  for (const line of lines(message)) if (line.end === line.start) return line;
  return null;
}

/** Where the content begins; the length of the message where it is all header. */
export const contentStart = (message: Buffer): number => separatorOf(message)?.next ?? message.length;

/** The lines before the first empty one, of the first mebibyte. */
export function* headerLines(message: Buffer): Generator<Line> {
  for (const line of lines(message)) {
    if (line.end === line.start || line.end > MAX_HEADER_BYTES) return;
    yield line;
  }
}

export const startsWithBlank = (bytes: Buffer, { start }: Line): boolean =>
  bytes[start] === SPACE || bytes[start] === TAB;

/** The line end a message uses, told by its first line. */
export function lineEndOf(message: Buffer): string {
  const { end, next } = lineAt(message, 0);
  return next - end === 1 ? '\n' : '\r\n';
}

/** Bytes of the longest line, without its line end. */
export function longestLine(message: Buffer): number {
  let longest = 0;
  for (let start = 0; start < message.length; ) {
    const { end, next } = lineAt(message, start);
    if (end - start > longest) longest = end - start;
    start = next;
  }
  return longest;
}

/** At offset `at`, `drop` bytes are left out and `put` (latin1) is put in. */
export interface Edit {
  at: number;
  drop: number;
  put: string;
}

/** @param edits by offset, ascending, not overlapping */
export function edited(bytes: Buffer, edits: readonly Edit[]): Buffer {
  const pieces: Buffer[] = [];
  let from = 0;
  for (const { at, drop, put } of edits) {
    if (at > from) pieces.push(bytes.subarray(from, at));
    if (put !== '') pieces.push(Buffer.from(put, 'latin1'));
    from = at + drop;
  }
  if (from < bytes.length) pieces.push(bytes.subarray(from));
  return Buffer.concat(pieces);
}

export const counted = (count: number, one: string, several = `${one}s`): string =>
  `${count} ${count === 1 ? one : several}`;
