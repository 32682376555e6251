/** TXT in the presentation form of RFC 1035 section 5.1, as APIs want it: quoted character-strings of at most 255 bytes. */

const LONGEST = 255;

/** The character-strings of a text, cut between characters, so that each is text of its own. */
export function txtStrings(text: string): string[] {
  const strings: string[] = [];
  let current = '';
  let bytes = 0;
  for (const character of text) {
    const size = Buffer.byteLength(character);
    if (bytes + size > LONGEST) {
      strings.push(current);
      [current, bytes] = ['', 0];
    }
    current += character;
    bytes += size;
  }
  return [...strings, current];
}

/** `radix` is that of the escapes: 10 is RFC 1035's, 8 is Route 53's. */
export function quotedTxt(text: string, radix: 8 | 10): string {
  return txtStrings(text)
    .map((string) => `"${[...Buffer.from(string)].map((byte) => escaped(byte, radix)).join('')}"`)
    .join(' ');
}

function escaped(byte: number, radix: 8 | 10): string {
  if (byte === 0x22) return '\\"';
  // In octal, because Route 53 does not say that it takes "\\".
  if (byte === 0x5c) return radix === 8 ? '\\134' : '\\\\';
  return byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\${byte.toString(radix).padStart(3, '0')}`;
}

/** The text of quoted strings, or of words without quotes; the strings joined. */
export function unquotedTxt(content: string, radix: 8 | 10): string {
  const parts = content.match(/"(?:[^"\\]|\\.)*"|(?:[^\s"\\]|\\.)+/gs) ?? [];
  const bytes = parts.map((part) => unescaped(part.startsWith('"') ? part.slice(1, -1) : part, radix));
  return Buffer.concat(bytes).toString();
}

function unescaped(text: string, radix: 8 | 10): Buffer {
  const parts = text.match(radix === 8 ? /\\[0-3][0-7]{2}|\\.|[^\\]+/gs : /\\[0-2][0-9]{2}|\\.|[^\\]+/gs) ?? [];
  return Buffer.concat(
    parts.map((part) => {
      if (!part.startsWith('\\')) return Buffer.from(part);
      return part.length === 4 ? Buffer.from([Number.parseInt(part.slice(1), radix)]) : Buffer.from(part.slice(1));
    }),
  );
}
