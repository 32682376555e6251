import { describe, expect, it, test } from 'vitest';
import { encodeValue, valueKindOf } from './encoded-words.ts';

const utf8 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
const encode = (name: string, value: string): string => encodeValue(utf8(value), valueKindOf(name), '\r\n');
const word = (text: string): string => `=?utf-8?B?${Buffer.from(text, 'utf8').toString('base64')}?=`;

test.each([
  ['Subject', ' Grüße aus Köln', ` ${word('Grüße')} aus ${word('Köln')}`],
  ['Subject', ' über Öl heute', ` ${word('über Öl')} heute`],
  ['Subject', 'ü', ` ${word('ü')}`],
  ['Subject', ' a\r\n\tü\r\n b', ` a\r\n\t${word('ü')}\r\n b`],
  ['From', ' "Jürgen \\"J\\" Müller" <j@example.com>', ` ${word('Jürgen "J" Müller')} <j@example.com>`],
  ['From', ' Jürgen<j@example.com>, Ö (ü)', ` ${word('Jürgen')} <j@example.com>, ${word('Ö')} (${word('ü')})`],
  ['From', ' jürgen@example.com', ` ${word('jürgen')}@example.com`],
  ['Content-Disposition', ' attachment; filename="Öl.pdf"', ` attachment; filename="${word('Öl.pdf')}"`],
  ['Content-Type', ' a/b; name=Öl.pdf; x=y', ` a/b; name="${word('Öl.pdf')}"; x=y`],
  ['Subject', ' "ü"', ` ${word('"ü"')}`],
])('%s:%s', (name, value, expected) => {
  expect(encode(name, value)).toBe(expected);
});

describe('an encoded word', () => {
  it('has at most 75 characters and whole characters, and all of them decode to the original', () => {
    const text = 'ÄÖÜ€𝄞ß '.repeat(100).trim();
    const words = encode('Subject', ` ${text}`).trim().split('\r\n ');
    expect(words.every((encoded) => encoded.length <= 75)).toBe(true);
    const decoded = words.map((encoded) =>
      Buffer.from(encoded.slice('=?utf-8?B?'.length, -2), 'base64').toString('utf8'),
    );
    expect(decoded.join('')).toBe(text);
  });

  it('says that the charset is not known where the bytes are no UTF-8', () => {
    expect(encodeValue(' gr\xfc\xdfe', 'text', '\r\n')).toBe(' =?unknown-8bit?B?Z3L832U=?=');
  });
});
