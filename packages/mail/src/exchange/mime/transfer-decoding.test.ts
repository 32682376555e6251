import { describe, expect, it } from 'vitest';
import { transferDecoder } from './transfer-decoding.ts';

describe('a transfer encoding', () => {
  it.each([
    ['base64', 'QUJDRA==', 'ABCD', false],
    ['base64', 'QUJ\r\nDRA', 'ABCD', false],
    ['base64', 'QUI=\r\nQ0Q=\r\n', 'ABCD', false],
    ['base64', 'QU!JDRA==', 'ABCD', true],
    ['base64', 'QUJDR', 'ABC', true],
    ['quoted-printable', 'a=C3=b6b', 'a\xc3\xb6b', false],
    ['quoted-printable', 'a=\r\nb=\nc', 'abc', false],
    ['quoted-printable', 'a= \t\r\nb', 'ab', false],
    ['quoted-printable', 'a \t\r\nb ', 'a\r\nb', false],
    ['quoted-printable', 'a=ZZ=4', 'a=ZZ=4', true],
    ['quoted-printable', 'a==3Db=\rc', 'a==b=\rc', true],
    ['quoted-printable', 'end=', 'end', false],
    ['8bit', 'a=41\0\xff', 'a=41\0\xff', false],
    ['x-unknown', 'as it is', 'as it is', false],
  ])('%s of %j is taken off, wherever the pieces end', (encoding, given, expected, damaged) => {
    const bytes = Buffer.from(given, 'latin1');
    for (let size = 1; size <= bytes.length; size++) {
      const decoder = transferDecoder(encoding);
      const decoded: Buffer[] = [];
      for (let at = 0; at < bytes.length; at += size) decoded.push(decoder.write(bytes.subarray(at, at + size)));
      decoded.push(decoder.end());
      expect(Buffer.concat(decoded).toString('latin1'), `in pieces of ${size}`).toBe(expected);
      expect(decoder.damaged).toBe(damaged);
    }
  });
});
