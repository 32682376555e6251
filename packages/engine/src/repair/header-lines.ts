import {
  COLON,
  counted,
  type Edit,
  edited,
  headerLines,
  LF,
  type Line,
  lineEndOf,
  SPACE,
  separatorOf,
  startsWithBlank,
  TAB,
} from './bytes.ts';
import type { BodyRepair } from './repair.ts';

/**
 * Makes every line before the first empty one a header field (RFC 5322 2.2) without leaving out a byte of it:
 *
 *   blanks before the colon     removed (obsolete syntax, "invalid header" for Cyrus)
 *   a line that is no field     becomes the value of a field X-Invalid-Header
 *   no empty line at all        one is put in before the first line that is no field, or at the end
 */
export const repairHeaderLines: BodyRepair = (body) => {
  if (body.length === 0) return null;
  const lineEnd = lineEndOf(body);
  const separated = separatorOf(body) !== null;
  const edits: Edit[] = [];
  const found = { blanks: 0, invalid: 0, separator: false };
  for (const line of headerLines(body)) {
    if (line.start > 0 && startsWithBlank(body, line)) continue;
    const name = nameOf(body, line);
    if (name !== null && name.blanks > 0) {
      edits.push({ at: name.end, drop: name.blanks, put: '' });
      found.blanks += 1;
    }
    if (name !== null) continue;
    edits.push({ at: line.start, drop: 0, put: separated ? 'X-Invalid-Header: ' : lineEnd });
    if (separated) found.invalid += 1;
    else found.separator = true;
    if (!separated) break;
  }
  if (!separated && !found.separator) {
    const ended = body[body.length - 1] === LF;
    edits.push({ at: body.length, drop: 0, put: ended ? lineEnd : lineEnd + lineEnd });
    found.separator = true;
  }
  if (edits.length === 0) return null;
  return { body: edited(body, edits), what: describe(found), signature: 'kept' };
};

/** Where the field name of a line ends, and how many blanks stand between it and the colon; null: the line is no field. */
function nameOf(bytes: Buffer, line: Line): { end: number; blanks: number } | null {
  let end = line.start;
  for (; end < line.end; end += 1) {
    const byte = bytes[end] ?? 0;
    if (byte === COLON || byte <= SPACE || byte >= 0x7f) break;
  }
  if (end === line.start) return null;
  let colon = end;
  while (colon < line.end && (bytes[colon] === SPACE || bytes[colon] === TAB)) colon += 1;
  return colon < line.end && bytes[colon] === COLON ? { end, blanks: colon - end } : null;
}

function describe({ blanks, invalid, separator }: { blanks: number; invalid: number; separator: boolean }): string {
  return [
    ...(blanks > 0 ? [`blanks before the colon of ${counted(blanks, 'header field')} removed`] : []),
    ...(invalid > 0 ? [`${counted(invalid, 'header line')} without a field name put in X-Invalid-Header`] : []),
    ...(separator ? ['the missing empty line between header and body put in'] : []),
  ].join(', ');
}
