import { isAscii, isUtf8 } from 'node:buffer';
import type { Alteration } from '@mxodus/model';
import iconv from 'iconv-lite';
import libmime from 'libmime';
import { decode as decodeJapanese } from 'libmime/lib/charset.js';

/** Codecs of iconv-lite that are no charsets of text. */
const NO_CHARSETS = new Set(['base64', 'hex', 'binary', 'utf7imap', 'utf-7-imap']);
/** What iconv-lite leaves to others. */
const JAPANESE = /^(?:jis|iso-?2022-?jp|eucjp)/i;
/** What programs declare when they mean windows-1252, which has all their characters. */
const WESTERN = /^(?:us-ascii|ascii|ansi.*|7bit|8bit|iso-8859-1|iso8859-1|latin-?1|windows-1252|cp1252|default)$/i;
const ESCAPES_OF_ISO_2022_JP = /\x1b(?:\$[@B]|\([BJI])/;

export interface DecodedText {
  text: string;
  /** The declared charset could not be followed. */
  alteration: Alteration | null;
}

/**
 * The text of a body part.
 *
 * @param declared the charset parameter; null: none
 */
export function decodeText(bytes: Buffer, declared: string | null): DecodedText {
  const marked = byMark(bytes);
  if (marked !== null) return { text: marked, alteration: null };
  const charset = declared === null ? null : canonical(declared);
  if (isAscii(bytes) && (charset === null || WESTERN.test(charset) || charset === 'utf-8')) {
    return { text: undeclared(bytes), alteration: null };
  }
  if (charset === null || WESTERN.test(charset)) return { text: undeclared(bytes, charset), alteration: null };
  if (charset === 'utf-8') return decodeUtf8(bytes);
  const text = decodeIn(bytes, charset);
  if (text !== null) return { text, alteration: null };
  const by = isUtf8(bytes) ? 'utf-8' : 'windows-1252';
  return {
    text: undeclared(bytes),
    alteration: {
      what: `the text was read as ${by}`,
      why: `its charset, ${JSON.stringify((declared ?? '').slice(0, 40))}, is not known`,
    },
  };
}

/**
 * Bytes of a header: UTF-8 (RFC 6532) where they are, else the charset of the body, else windows-1252. ISO-2022-JP shows by its escapes.
 *
 * @param hint the charset of the body
 */
export function decodeHeaderBytes(bytes: Buffer, hint: string | null): string {
  if (isAscii(bytes)) return undeclared(bytes);
  if (isUtf8(bytes)) return bytes.toString('utf8');
  const charset = hint === null ? null : canonical(hint);
  const text = charset === null || charset === 'utf-8' || WESTERN.test(charset) ? null : decodeIn(bytes, charset);
  return text ?? mostlyUtf8(bytes)?.text ?? iconv.decode(bytes, 'windows-1252');
}

/** null: no charset of that name is known. */
function decodeIn(bytes: Buffer, charset: string): string | null {
  if (JAPANESE.test(charset)) return decodeJapanese(bytes, charset);
  if (NO_CHARSETS.has(charset) || !iconv.encodingExists(charset)) return null;
  return iconv.decode(bytes, charset);
}

function canonical(declared: string): string {
  const name = declared.trim().replace(/^["']+|["']+$/g, '');
  return libmime
    .normalizeCharset(name.replace(/^(?:x-|cs)(?=\w)/i, (prefix) => (known(name) ? prefix : '')))
    .toLowerCase();
}

const known = (name: string): boolean => iconv.encodingExists(libmime.normalizeCharset(name));

function undeclared(bytes: Buffer, declared: string | null = null): string {
  if (isAscii(bytes)) {
    const text = bytes.toString('latin1');
    return ESCAPES_OF_ISO_2022_JP.test(text) ? decodeJapanese(bytes, 'iso-2022-jp') : text;
  }
  // Programs that declare iso-8859-1 mostly mean it; UTF-8 that is valid by chance is short.
  const western = declared !== null && !/ascii|bit|default/i.test(declared);
  return !western && isUtf8(bytes) ? bytes.toString('utf8') : iconv.decode(bytes, 'windows-1252');
}

/** One damaged character must not cost all the others; a text that is no UTF-8 at all is windows-1252. */
function decodeUtf8(bytes: Buffer): DecodedText {
  if (isUtf8(bytes)) return { text: bytes.toString('utf8'), alteration: null };
  const why = 'the text is declared as UTF-8 and is not, or not all of it';
  const mostly = mostlyUtf8(bytes);
  if (mostly !== null) return { ...mostly, alteration: { what: 'characters that cannot be read were replaced', why } };
  return { text: iconv.decode(bytes, 'windows-1252'), alteration: { what: 'the text was read as windows-1252', why } };
}

/** null: more characters are broken than whole. */
function mostlyUtf8(bytes: Buffer): { text: string } | null {
  const text = bytes.toString('utf8');
  const broken = text.split('\ufffd').length - 1;
  const whole = text.replace(/[\u0000-\u007f\ufffd]+/g, '').length;
  return whole > broken ? { text } : null;
}

/** A byte order mark says more than a declaration. */
function byMark(bytes: Buffer): string | null {
  if (bytes.length >= 3 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf && isUtf8(bytes)) {
    return bytes.toString('utf8', 3);
  }
  // Every text of some length has a line end or a space, which has a NUL then.
  if (bytes.length % 2 === 0 && bytes.includes(0)) {
    if (bytes[0] === 0xff && bytes[1] === 0xfe) return iconv.decode(bytes, 'utf-16le');
    if (bytes[0] === 0xfe && bytes[1] === 0xff) return iconv.decode(bytes, 'utf-16be');
  }
  return null;
}
