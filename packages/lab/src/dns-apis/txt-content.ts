/** TXT in presentation form (RFC 1035 section 5.1): quoted character-strings, with escapes in the service's radix. */

export function quoteStrings(strings: readonly string[], radix: 8 | 10): string {
  return strings.map((text) => `"${[...Buffer.from(text)].map((byte) => escaped(byte, radix)).join('')}"`).join(' ');
}

function escaped(byte: number, radix: 8 | 10): string {
  if (byte === 0x22 || byte === 0x5c) return `\\${String.fromCharCode(byte)}`;
  return byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\${byte.toString(radix).padStart(3, '0')}`;
}

/** null: not in that form, or a string of more than 255 bytes. */
export function readStrings(content: string, radix: 8 | 10): string[] | null {
  const strings: string[] = [];
  let rest = content.trim();
  while (rest !== '') {
    const match = /^"((?:[^"\\]|\\.)*)"(?:\s+|$)/s.exec(rest);
    if (match === null) return null;
    const bytes = unescaped(match[1] ?? '', radix);
    if (bytes === null || bytes.length > 255) return null;
    strings.push(bytes.toString());
    rest = rest.slice(match[0].length);
  }
  return strings.length === 0 ? null : strings;
}

function unescaped(text: string, radix: 8 | 10): Buffer | null {
  const bytes: Buffer[] = [];
  for (const part of text.match(/\\[0-9]{3}|\\.|[^\\]+/gs) ?? []) {
    if (!part.startsWith('\\')) bytes.push(Buffer.from(part));
    else if (part.length === 2) bytes.push(Buffer.from(part.slice(1)));
    else {
      const byte = Number.parseInt(part.slice(1), radix);
      if (byte > 255 || (radix === 8 && /[89]/.test(part))) return null;
      bytes.push(Buffer.from([byte]));
    }
  }
  return Buffer.concat(bytes);
}
