import { expect, test } from 'vitest';
import { servedBytes } from './served-bytes.ts';

test.each([
  ['a\nb\n', 'a\r\nb\r\n'],
  ['\n\n', '\r\n\r\n'],
  ['a\r\nb', 'a\r\nb'],
  ['a\r\r\nb\r', 'a\r\r\nb\r'],
  ['a\0\n\0', 'a\x80\r\n\x80'],
  ['', ''],
])('%j is served as %j', (stored, served) => {
  expect(servedBytes(Buffer.from(stored, 'latin1')).toString('latin1')).toBe(served);
});
