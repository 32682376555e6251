import type { MessageMeta } from '@mxodus/model';
import type { FetchRow } from './fetch-row.ts';
import { decodeName } from './folder-names.ts';

/** A FETCH row without its body, in our words. Nothing in it keeps the bytes that were received alive. */
export function messageMeta(row: FetchRow, messageIds: boolean): MessageMeta {
  const meta: MessageMeta = {
    uid: row.uid,
    flags: row.flags ?? [],
    internalDate: row.internalDate,
    bytes: Math.max(0, row.size),
  };
  if (messageIds) meta.messageId = row.section === 'fields' && row.body !== null ? readMessageId(row.body) : null;
  if (row.emailId !== null) meta.emailId = row.emailId;
  if (row.labels !== null) meta.labels = row.labels.map(decodeName);
  return meta;
}

const NAME = 'message-id:';
const SPACE = 32;
const LINE_FEED = 10;

/** The value of the first Message-ID header, unfolded; null where there is none. */
export function readMessageId(header: Buffer): string | null {
  if (!beginsWithName(header)) return null;
  let start = NAME.length;
  while (isSpace(header[start]) && !isEnd(header, start)) start += 1;
  let end = start;
  let last = start;
  let spaces = false;
  // To the end of the header: a line that does not begin with white space is another one.
  for (; end < header.length && !isEnd(header, end); end += 1) {
    if (isSpace(header[end])) continue;
    if (end > last) spaces = true;
    last = end + 1;
  }
  if (last === start) return null;
  const value = header.toString('latin1', start, last);
  return spaces ? value.replace(/\s+/g, ' ') : value;
}

/** A line feed that does not fold the header. */
function isEnd(header: Buffer, position: number): boolean {
  if (header[position] !== LINE_FEED) return false;
  const next = header[position + 1];
  return next !== SPACE && next !== 9;
}

function beginsWithName(header: Buffer): boolean {
  for (let index = 0; index < NAME.length; index += 1) {
    if (((header[index] ?? 0) | 32) !== (NAME.charCodeAt(index) | 32)) return false;
  }
  return true;
}

const isSpace = (byte: number | undefined): boolean =>
  byte === SPACE || (byte !== undefined && byte >= 9 && byte <= 13);
