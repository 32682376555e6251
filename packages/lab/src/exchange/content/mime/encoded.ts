/** The encodings of MIME (RFC 2045, 2047, 2231), as a generator of messages needs them. */

const PLAIN = /^[\x20-\x7e]*$/;
/** Bytes of UTF-8 in one encoded word: 75 characters with its frame (RFC 2047 2). */
const WORD_BYTES = 45;

/** Base64 in lines of 76. */
export const base64Lines = (bytes: Buffer): string => bytes.toString('base64').replace(/.{76}(?=.)/g, '$&\r\n');

/** An unstructured header value: as it is, or in encoded words that are folded. */
export function encodedText(text: string): string {
  const line = text.replace(/[\r\n\0]+/g, ' ');
  if (PLAIN.test(line)) return folded(line);
  const words: string[] = [];
  let held = '';
  for (const character of line) {
    if (Buffer.byteLength(held + character) > WORD_BYTES) {
      words.push(held);
      held = '';
    }
    held += character;
  }
  words.push(held);
  return words.map((word) => `=?utf-8?B?${Buffer.from(word).toString('base64')}?=`).join('\r\n ');
}

/** Breaks before blanks, where a line would pass 76 characters. */
const folded = (line: string): string => line.replace(/(.{1,70}\S*)( (?=\S))/g, '$1\r\n ');

/** A parameter of Content-Type or Content-Disposition: quoted, or by RFC 2231. */
export function parameter(name: string, value: string): string {
  const line = value.replace(/[\r\n\0]+/g, ' ');
  if (PLAIN.test(line)) return `${name}="${line.replace(/[\\"]/g, '\\$&')}"`;
  const encoded = encodeURIComponent(line).replace(
    /['()*!]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `${name}*=utf-8''${encoded}`;
}

/** RFC 5322 3.3, in UTC. */
export const dateTime = (ms: number): string => new Date(ms).toUTCString().replace('GMT', '+0000');
