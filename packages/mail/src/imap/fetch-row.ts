import type { FlagLists } from './flag-lists.ts';
import { parseInternalDate } from './internal-date.ts';
import { CLOSE, OPEN, QUOTE, type ResponseCursor, SPACE, type Value } from './response-cursor.ts';

/** A FETCH response (RFC 9051 7.5.2). Hundreds of thousands of them come, so one object is filled again and again. */

/** Which part of the message a BODY[...], BINARY[] (RFC 3516) or RFC822 item was. */
export type Section = 'message' | 'binary' | 'header' | 'fields' | 'other';

const SECTION_OPEN = 91;
const SECTION_CLOSE = 93;

export class FetchRow {
  /** 0: the row has none. */
  uid = 0;
  flags: readonly string[] | null = null;
  internalDate: number | null = null;
  /** RFC822.SIZE; -1: the row has none. */
  size = -1;
  section: Section | null = null;
  /** The bytes of `section`; null: NIL, or they went elsewhere as they came. */
  body: Buffer | null = null;
  emailId: string | null = null;
  labels: readonly string[] | null = null;

  clear(): void {
    this.uid = 0;
    this.flags = null;
    this.internalDate = null;
    this.size = -1;
    this.section = null;
    this.body = null;
    this.emailId = null;
    this.labels = null;
  }
}

/**
 * Reads `(UID 7 FLAGS (\Seen) ...)` into `row`.
 * Throws MalformedResponse.
 */
export function readFetchRow(cursor: ResponseCursor, row: FetchRow, flagLists: FlagLists): void {
  row.clear();
  cursor.expect(OPEN);
  for (;;) {
    cursor.skipSpaces();
    if (cursor.peek() === CLOSE) break;
    readItem(cursor, row, flagLists);
  }
  cursor.position += 1;
  cursor.skipSpaces();
  if (!cursor.atEnd) throw cursor.malformed();
}

function readItem(cursor: ResponseCursor, row: FetchRow, flagLists: FlagLists): void {
  const { buffer, end } = cursor;
  const start = cursor.position;
  let position = start;
  for (; position < end; position += 1) {
    const byte = buffer[position];
    if (byte === SPACE || byte === SECTION_OPEN || byte === OPEN || byte === CLOSE) break;
  }
  cursor.position = position;
  switch (position - start) {
    case 0:
      throw cursor.malformed();
    case 3:
      if (!isWord(buffer, start, 'UID')) break;
      cursor.skipSpaces();
      row.uid = cursor.number();
      return;
    case 4:
      if (!isWord(buffer, start, 'BODY') || buffer[position] !== SECTION_OPEN) break;
      readSection(cursor, row);
      return;
    case 5:
      if (!isWord(buffer, start, 'FLAGS')) break;
      cursor.skipSpaces();
      row.flags = readFlags(cursor, flagLists);
      return;
    case 6:
      if (buffer[position] === SECTION_OPEN && isWord(buffer, start, 'BINARY')) {
        readSection(cursor, row, 'binary');
        return;
      }
      if (!isWord(buffer, start, 'RFC822')) break;
      cursor.skipSpaces();
      row.section = 'message';
      row.body = cursor.nstring();
      return;
    case 7:
      if (!isWord(buffer, start, 'EMAILID')) break;
      row.emailId = firstWord(value(cursor));
      return;
    case 10:
      if (!isWord(buffer, start, 'X-GM-MSGID')) break;
      row.emailId = firstWord(value(cursor));
      return;
    case 11:
      if (isWord(buffer, start, 'RFC822.SIZE')) row.size = readSize(cursor);
      else if (isWord(buffer, start, 'X-GM-LABELS')) row.labels = words(value(cursor));
      else break;
      return;
    case 12:
      if (!isWord(buffer, start, 'INTERNALDATE')) break;
      cursor.skipSpaces();
      row.internalDate = readDate(cursor);
      return;
    default:
  }
  if (buffer[position] === SECTION_OPEN) skipSection(cursor);
  value(cursor);
}

function value(cursor: ResponseCursor): Value {
  cursor.skipSpaces();
  return cursor.value();
}

function readFlags(cursor: ResponseCursor, flagLists: FlagLists): readonly string[] {
  if (cursor.peek() !== OPEN) {
    if (cursor.value() !== null) throw cursor.malformed();
    return [];
  }
  const { buffer, end } = cursor;
  const start = cursor.position + 1;
  for (let position = start; position < end; position += 1) {
    const byte = buffer[position];
    if (byte === OPEN) break;
    if (byte !== CLOSE) continue;
    cursor.position = position + 1;
    return flagLists.read(buffer, start, position);
  }
  throw cursor.malformed();
}

/** IceWarp is known to say NIL. */
function readSize(cursor: ResponseCursor): number {
  cursor.skipSpaces();
  const byte = cursor.peek();
  if (byte >= 48 && byte <= 57) return cursor.number();
  cursor.value();
  return 0;
}

function readDate(cursor: ResponseCursor): number | null {
  if (cursor.peek() !== QUOTE && !cursor.atLiteral) {
    cursor.value();
    return null;
  }
  const text = cursor.nstring();
  return text === null ? null : parseInternalDate(text);
}

/** `BODY[]`, `BINARY[]`, `BODY[HEADER]`, `BODY[HEADER.FIELDS (MESSAGE-ID)]`, each with `<0>` or not, and its bytes. */
function readSection(cursor: ResponseCursor, row: FetchRow, whole: Section = 'message'): void {
  const start = cursor.position + 1;
  const section = sectionOf(cursor.buffer, start, skipSection(cursor));
  cursor.skipSpaces();
  const bytes = cursor.nstring();
  if (section === 'other') return;
  row.section = section === 'message' ? whole : section;
  row.body = bytes;
}

function sectionOf(buffer: Buffer, start: number, end: number): Section {
  if (start === end) return 'message';
  if (!isWord(buffer, start, 'HEADER')) return 'other';
  if (end - start === 6) return 'header';
  return isWord(buffer, start, 'HEADER.FIELDS ') ? 'fields' : 'other';
}

/** From `[` to after `]` and the origin; returns where `]` is. Header names may be quoted. */
function skipSection(cursor: ResponseCursor): number {
  const { buffer, end } = cursor;
  const start = cursor.position + 1;
  let quoted = false;
  for (let position = start; position < end; position += 1) {
    const byte = buffer[position];
    if (byte === QUOTE) quoted = !quoted;
    if (byte !== SECTION_CLOSE || quoted) continue;
    cursor.position = position + 1;
    cursor.skipAtom();
    return position;
  }
  throw cursor.malformed();
}

/** Whether the word (capitals) is at `start`, in either case. */
function isWord(buffer: Buffer, start: number, word: string): boolean {
  for (let index = 0; index < word.length; index += 1) {
    const expected = word.charCodeAt(index);
    const byte = buffer[start + index];
    if (byte !== expected && byte !== (expected | 32)) return false;
  }
  return true;
}

/** `(M6d99ac3275bb4e)` or `1278455344230334865`. */
function firstWord(from: Value): string | null {
  const first = Array.isArray(from) ? from[0] : from;
  return typeof first === 'string' ? first : null;
}

const words = (from: Value): string[] =>
  Array.isArray(from) ? from.filter((word): word is string => typeof word === 'string') : [];
