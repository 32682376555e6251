import { counted, type Edit, edited, type Line, lineEndOf, longestLine, SPACE, TAB } from './bytes.ts';
import { type MimeLine, mimeLines, type Part } from './mime-lines.ts';
import type { BodyRepair } from './repair.ts';

/** Exchange takes lines of some 10,000 bytes and answers BAD Command Argument Error. 11 to longer ones (2026-11). */
export const LONGEST_LINE = 9900;
/** RFC 5322 2.1.1, without the line end. */
const WRAPPED = 998;
/** Room for the blank that begins a folded line. */
const FOLDED = WRAPPED - 1;
/** A multiple of four: base64 stays whole in each line. */
const WRAPPED_BASE64 = 996;

/**
 * Breaks lines of more than 9,900 bytes:
 *
 *   header                       folded before a blank (before byte 998 where there is none): the unfolded value is the same
 *   quoted-printable             soft line breaks: decodes to the same
 *   base64                       decodes to the same
 *   text, unencoded              a line end after a blank, or between two characters
 *   signed, encrypted, binary    left as it is: a break would spoil it
 */
export const repairLongLines: BodyRepair = (body) => {
  if (longestLine(body) <= LONGEST_LINE) return null;
  const lineEnd = lineEndOf(body);
  const edits: Edit[] = [];
  const found = { folded: 0, wrapped: 0, left: 0 };
  for (const line of mimeLines(body)) {
    if (line.end - line.start <= LONGEST_LINE) continue;
    const breaks = breaksOf(body, line, lineEnd);
    if (breaks === null) found.left += 1;
    else if (line.place === 'header') found.folded += 1;
    else found.wrapped += 1;
    for (const edit of breaks ?? []) edits.push(edit);
  }
  if (edits.length === 0) return null;
  return { body: edited(body, edits), what: describe(found), signature: 'kept' };
};

/** null: the line must stay whole. */
function breaksOf(body: Buffer, line: MimeLine, lineEnd: string): Edit[] | null {
  if (line.part.signed) return null;
  if (line.place === 'header') return foldsOf(body, line, lineEnd);
  switch (wrappingOf(line.part)) {
    case 'base64':
      return cuts(line, lineEnd, { width: WRAPPED_BASE64, place: (to) => to });
    case 'quoted-printable':
      return cuts(line, `=${lineEnd}`, { width: WRAPPED - 1, place: (to) => beforeEscape(body, to) });
    case 'text':
      return cuts(line, lineEnd, { width: WRAPPED, place: (to, from) => afterBlank(body, from, to) });
    case 'none':
      return null;
  }
}

function wrappingOf({ type, encoding }: Part): 'base64' | 'quoted-printable' | 'text' | 'none' {
  if (encoding === 'base64' || encoding === 'quoted-printable') return encoding;
  return /^(text|multipart)\//.test(type) || !type.includes('/') ? 'text' : 'none';
}

/** A fold stands before a blank that is there already; only a word of more than 998 bytes gets one it had not. */
function foldsOf(body: Buffer, line: Line, lineEnd: string): Edit[] {
  const edits: Edit[] = [];
  for (let from = line.start; line.end - from > FOLDED; ) {
    const blank = lastBlank(body, from + 1, from + FOLDED);
    const at = blank ?? beforeCharacter(body, from + FOLDED);
    edits.push({ at, drop: 0, put: blank === null ? `${lineEnd} ` : lineEnd });
    from = at;
  }
  return edits;
}

function cuts(
  line: Line,
  put: string,
  { width, place }: { width: number; place: (to: number, from: number) => number },
): Edit[] {
  const edits: Edit[] = [];
  for (let from = line.start; line.end - from > width; ) {
    from = place(from + width, from);
    edits.push({ at: from, drop: 0, put });
  }
  return edits;
}

function lastBlank(body: Buffer, from: number, to: number): number | null {
  for (let at = to; at >= from; at -= 1) if (body[at] === SPACE || body[at] === TAB) return at;
  return null;
}

const afterBlank = (body: Buffer, from: number, to: number): number => {
  const blank = lastBlank(body, from, to - 1);
  return blank === null ? beforeCharacter(body, to) : blank + 1;
};

/** UTF-8 continuation bytes stay with their character. */
function beforeCharacter(body: Buffer, to: number): number {
  for (let at = to; at > to - 4; at -= 1) if (((body[at] ?? 0) & 0xc0) !== 0x80) return at;
  return to;
}

/** Never inside "=XX". */
function beforeEscape(body: Buffer, to: number): number {
  const EQUALS = 0x3d;
  if (body[to - 1] === EQUALS) return to - 1;
  return body[to - 2] === EQUALS ? to - 2 : to;
}

function describe({ folded, wrapped, left }: { folded: number; wrapped: number; left: number }): string {
  const size = 'longer than 9,900 bytes';
  return [
    ...(folded > 0 ? [`${counted(folded, 'header line')} ${size} folded`] : []),
    ...(wrapped > 0 ? [`${counted(wrapped, 'line')} ${size} wrapped`] : []),
    ...(left > 0 ? [`${counted(left, 'line')} ${size} left (signed, encrypted or binary)`] : []),
  ].join(', ');
}
