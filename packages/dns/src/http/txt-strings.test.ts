import { expect, test } from 'vitest';
import { quotedTxt, txtStrings, unquotedTxt } from './txt-strings.ts';

const TEXTS = [
  '',
  'v=spf1 -all',
  'say "hi"',
  'back\\slash \\034',
  'ä'.repeat(200),
  `${'x'.repeat(254)}ä`,
  ' two  spaces ',
  '\t\u0000',
];

test.each(TEXTS)('%j is read as it was written, in both radixes, and no string has more than 255 bytes', (text) => {
  for (const radix of [8, 10] as const) expect(unquotedTxt(quotedTxt(text, radix), radix)).toBe(text);
  expect(txtStrings(text).join('')).toBe(text);
  expect(Math.max(...txtStrings(text).map((string) => Buffer.byteLength(string)))).toBeLessThanOrEqual(255);
});

test.each([
  ['a quote, a backslash and a letter that is not ASCII', 'a"b\\cü', 8, '"a\\"b\\134c\\303\\274"'],
  ['the same in decimal', 'a"b\\cü', 10, '"a\\"b\\\\c\\195\\188"'],
  ['a long text', 'x'.repeat(256), 8, `"${'x'.repeat(255)}" "x"`],
] as const)('%s', (_case, text, radix, quoted) => {
  expect(quotedTxt(text, radix)).toBe(quoted);
});

test('words without quotes and strings beside each other are put together', () => {
  expect(unquotedTxt('"v=spf1 " "-all"', 10)).toBe('v=spf1 -all');
  expect(unquotedTxt('token-1', 8)).toBe('token-1');
  expect(unquotedTxt('"a\\040b"', 8)).toBe('a b');
});
