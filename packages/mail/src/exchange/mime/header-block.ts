import libmime from 'libmime';
import { decodeHeaderBytes } from './charset.ts';

/** One field of a header. */
export interface HeaderField {
  /** Lower case. */
  name: string;
  /** As it was received, with its name and its folding, a byte a character. */
  raw: string;
  /** Unfolded text; encoded words (RFC 2047) are as they were. */
  value: string;
}

/** Where the header ends, its empty line left out; the length where there is no empty line. */
export function headerEnd(bytes: Buffer): number {
  let at = 0;
  while (at < bytes.length) {
    const first = bytes[at];
    if (first === 0x0a || (first === 0x0d && bytes[at + 1] === 0x0a)) return at;
    const end = bytes.indexOf(0x0a, at);
    if (end < 0) return bytes.length;
    at = end + 1;
  }
  return bytes.length;
}

/**
 * The fields of a header block, in order. A line that is no field (an mbox "From " line, one without a colon) is left out.
 *
 * @param hint the charset of the body, for raw 8-bit text
 */
export function headerFields(block: Buffer, hint: string | null = null): HeaderField[] {
  const fields: HeaderField[] = [];
  for (const raw of rawFields(block.toString('latin1'))) {
    const name = FIELD.exec(raw)?.[1];
    if (name === undefined) continue;
    const value = decodeHeaderBytes(Buffer.from(raw.slice(raw.indexOf(':') + 1), 'latin1'), hint);
    fields.push({ name: name.toLowerCase(), raw, value: unfolded(value) });
  }
  return fields;
}

/** White space before the first one of all is a mistake. */
const FIELD = /^[ \t]*([!-9;-~]+)[ \t]*:/;
const OF_MBOX = /^>?From /;

/** Lines that are no fields: between fields, and after the last one, where the empty line before the text is missing. */
export function strayLines(block: Buffer): { between: string[]; after: string[] } {
  const entries = rawFields(block.toString('latin1'));
  const last = entries.findLastIndex((entry) => FIELD.test(entry));
  const stray = (from: number, to?: number): string[] =>
    entries.slice(from, to).filter((entry) => !FIELD.test(entry) && !OF_MBOX.test(entry));
  return { between: stray(0, last + 1), after: stray(last + 1) };
}

function rawFields(block: string): string[] {
  const fields: string[][] = [];
  for (const line of block.split(/\r?\n/)) {
    const open = fields.at(-1);
    if (/^[ \t]/.test(line) && open !== undefined) open.push(line);
    else if (line !== '') fields.push([line]);
  }
  return fields.map((lines) => lines.join('\r\n'));
}

const unfolded = (value: string): string => value.replace(/\r\n(?=[ \t])/g, '').trim();

/** The value of the first field of that name. */
export const firstField = (fields: readonly HeaderField[], name: string): string | null =>
  fields.find((field) => field.name === name)?.value ?? null;

/** All values of that name, the empty ones left out. */
export const allFields = (fields: readonly HeaderField[], name: string): string[] =>
  fields.filter((field) => field.name === name && field.value !== '').map(({ value }) => value);

/** Encoded words decoded, also where they do not belong (inside quotes); one that cannot be decoded stays as it is. */
export function decodedWords(text: string): string {
  if (!text.includes('=?')) return text;
  try {
    return libmime.decodeWords(text);
  } catch {
    // An invalid length or a charset that is none: the words are shown as they came.
    return text;
  }
}

export interface StructuredField {
  /** Lower case, without parameters. */
  value: string;
  /** By their lower-case names, RFC 2231 and encoded words decoded. */
  parameters: Readonly<Record<string, string>>;
}

/** Content-Type, Content-Disposition: RFC 2045 §5.1 with RFC 2231, and what programs make of it. */
export function structuredField(text: string): StructuredField {
  // libmime 5.6.4 takes any "%" of an extended value for an escape: "name*=utf-8''4%P.doc".
  const escaped = text.replace(/\*=[^;]*/g, (extended) => extended.replace(/%(?![0-9a-f]{2})/gi, '%25'));
  const { value, params, decodedParams } = libmime.parseHeaderValue(escaped, { stripComments: true });
  // "text/html charset=utf-8": the semicolon is forgotten often.
  const [first = '', ...rest] = value.trim().split(/[\s,]+/);
  const parameters: Record<string, string> = Object.create(null);
  for (const [name, given] of Object.entries(params)) {
    parameters[name] = decodedParams.includes(name) ? given : decodedWords(given);
  }
  for (const word of rest) {
    const [, name, given] = /^(\w+)=(.+)$/.exec(word) ?? [];
    if (name !== undefined && given !== undefined) parameters[name.toLowerCase()] ??= given;
  }
  return { value: first.toLowerCase(), parameters };
}
