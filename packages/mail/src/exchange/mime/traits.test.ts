import { expect, it } from 'vitest';
import { readContent } from './read-content.ts';
import { traitsOf } from './traits.ts';

const NONE = { signed: false, encrypted: false, deeplyNested: false };
const MULTIPART = (type: string, ...parts: string[]): string =>
  `Content-Type: multipart/${type};\r\n\tboundary=b\r\n\r\n${parts.map((part) => `--b\r\n${part}\r\n`).join('')}--b--\r\n`;

it.each([
  ['text', 'Subject: x\r\n\r\ntext', NONE],
  [
    'a PGP signature',
    MULTIPART('signed', '\r\ntext', 'Content-Type: application/pgp-signature\r\n\r\nx'),
    { ...NONE, signed: true },
  ],
  [
    'a signature below a list footer',
    MULTIPART('mixed', 'Content-Type: multipart/signed; boundary=c\r\n\r\n--c\r\n\r\nx\r\n--c--'),
    { ...NONE, signed: true },
  ],
  [
    'an opaque signature',
    'Content-Type: application/pkcs7-mime;\r\n smime-type=signed-data\r\n\r\nx',
    { ...NONE, signed: true },
  ],
  [
    'S/MIME encryption',
    'Content-Type: application/x-pkcs7-mime; name=smime.p7m\r\n\r\nx',
    { ...NONE, encrypted: true },
  ],
  [
    'PGP encryption',
    MULTIPART('encrypted', 'Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1'),
    { ...NONE, encrypted: true },
  ],
  ['an embedded message', MULTIPART('mixed', 'Content-Type: message/rfc822\r\n\r\nSubject: y\r\n\r\nx'), NONE],
  [
    'a message in a message in a message',
    MULTIPART('mixed', 'Content-Type: message/rfc822\r\n\r\nContent-Type: message/rfc822\r\n\r\nSubject: z\r\n\r\nx'),
    { ...NONE, deeplyNested: true },
  ],
])('%s shows in the first bytes and in the whole', async (_, message, expected) => {
  const bytes = Buffer.from(message);
  expect(traitsOf(bytes, 5)).toEqual({ ...expected, bytes: 5 });
  const content = await readContent({ kind: 'memory', bytes }, { tempDir: '.', memoryBytes: 1000 });
  expect(content.traits).toEqual({ ...expected, bytes: bytes.length });
});
