import {
  COLON,
  counted,
  type Edit,
  edited,
  headerLines,
  type Line,
  lineEndOf,
  separatorOf,
  startsWithBlank,
} from './bytes.ts';
import { encodeValue, valueKindOf } from './encoded-words.ts';
import type { BodyRepair } from './repair.ts';

const NAME = /^[!-9;-~]+[ \t]*$/;
const EIGHT_BIT = /[\x80-\xff]/;

/**
 * "Message contains non-ASCII characters in headers" (Cyrus with reject8bit, 2026-11). Only the message's own header is touched, and only
 * where an empty line ends it: else text would be taken for it (CR alone as line end, a missing separator).
 */
export const repairHeaderEightBit: BodyRepair = (body) => {
  if (separatorOf(body) === null) return null;
  const lineEnd = lineEndOf(body);
  const edits: Edit[] = [];
  for (const field of fields(body)) {
    const nameLength = body.subarray(field.start, field.end).indexOf(COLON);
    if (nameLength === -1) continue;
    const colon = field.start + nameLength;
    const name = body.toString('latin1', field.start, colon);
    const value = body.toString('latin1', colon + 1, field.end);
    if (!NAME.test(name) || !EIGHT_BIT.test(value)) continue;
    edits.push({
      at: colon + 1,
      drop: value.length,
      put: encodeValue(value, valueKindOf(name.trimEnd()), lineEnd),
    });
  }
  if (edits.length === 0) return null;
  return {
    body: edited(body, edits),
    what: `${counted(edits.length, 'header field')} with 8-bit bytes encoded (RFC 2047)`,
    signature: 'kept',
  };
};

/** Header fields with their folded lines, without the last line end. */
function* fields(body: Buffer): Generator<Line> {
  let open: Line | null = null;
  for (const line of headerLines(body)) {
    if (open !== null && startsWithBlank(body, line)) {
      open = { ...line, start: open.start };
      continue;
    }
    if (open !== null) yield open;
    open = line;
  }
  if (open !== null) yield open;
}
