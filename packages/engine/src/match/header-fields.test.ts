import { describe, expect, it, test } from 'vitest';
import { type HeaderFingerprint, headerFields, munged } from './header-fields.ts';

const NONE: HeaderFingerprint = { messageId: null, date: null, from: null, subject: null };
const read = (text: string): HeaderFingerprint => headerFields(Buffer.from(text, 'latin1'));

test.each<[string, string, Partial<HeaderFingerprint>]>([
  [
    'all four',
    'Message-ID: <Ab@Example.COM>\r\nDate: Mon, 2 Jan 2023 10:00:00 +0000\r\nFrom: "Ann" <Ann@Example.com>\r\nSubject: Hello There\r\n\r\n',
    {
      messageId: '<Ab@example.com>',
      date: 'mon, 2 jan 2023 10:00:00 +0000',
      from: '"ann" <ann@example.com>',
      subject: 'Hello There',
    },
  ],
  ['folded and blank', 'SUBJECT :\r\n  a \t b\r\n\tc  \r\n\r\n', { subject: 'a b c' }],
  ['a folded Message-ID', 'Message-Id:\n <a@b>\n\n', { messageId: '<a@b>' }],
  ['a Message-ID without a domain', 'Message-ID: Some Thing\n\n', { messageId: 'Some Thing' }],
  ['the first of several', 'Subject: one\nSubject: two\n\n', { subject: 'one' }],
  ['an empty first of several', 'Subject:\nSubject: two\n\n', {}],
  ['bare LF', 'From: a\nSubject: b\n\n', { from: 'a', subject: 'b' }],
  ['bare CR', 'From: a\rSubject: b\r\rDate: c\r', { from: 'a', subject: 'b' }],
  ['CR CR LF', 'From: a\r\r\nSubject: b\r\r\n\r\r\nDate: c\r\r\n', { from: 'a', subject: 'b' }],
  ['no field of the content', 'From: a\r\n\r\nSubject: b\r\n', { from: 'a' }],
  ['a message without a separator', 'From: a\r\nhello\r\n  more\r\nSubject: b', { from: 'a', subject: 'b' }],
  ['an mbox line', 'From a@b Mon Jan  2 10:00:00 2023\nFrom: c\n\n', { from: 'c' }],
  ['NUL and controls', 'Subject: a\0b\x07 c\r\n\r\n', { subject: 'a b c' }],
  ['8-bit bytes as they are', 'Subject: gr\xfc\xdfe\r\n\r\n', { subject: 'gr\xfc\xdfe' }],
  ['8-bit bytes that look like blanks', 'Subject: \xc2\xa0voil\xc3\xa0\r\n\r\n', { subject: '\xc2\xa0voil\xc3\xa0' }],
  ['other fields that begin alike', 'Subject-X: a\r\nX-Subject: b\r\nFromage: c\r\n\r\n', {}],
  ['a name every object has', 'constructor: a\r\n__proto__: b\r\n\r\n', {}],
  ['a fold before any field', ' Subject: a\r\nFrom: b\r\n\r\n', { from: 'b' }],
  ['nothing', '', {}],
  ['only line ends', '\r\n\r\n', {}],
])('%s', (_, text, expected) => {
  expect(read(text)).toEqual({ ...NONE, ...expected });
});

it('is, munged, what is read of the same header with an X for each 8-bit byte', () => {
  const header =
    'Message-ID: <\xe4@\xd6.Test>\r\nDate: m\xe4r\r\nFrom: \xc4nn\r\nSubject: \xa0Gr\xfc\xdfe x\xa0\r\n\r\n';
  const stored = header.replace(/[\x80-\xff]/g, 'X');
  expect(munged(read(header))).toEqual(read(stored));
  expect(munged(read(stored))).toEqual(read(stored));
  expect(munged(NONE)).toEqual(NONE);
});

describe('a large header', () => {
  it('is read to its end', () => {
    const received = 'Received: from a by b; Mon, 2 Jan 2023 10:00:00 +0000\r\n'.repeat(4000);
    expect(read(`${received}Subject: last\r\n\r\n`).subject).toBe('last');
  });

  it('counts with the beginning of a value only', () => {
    const long = `Subject: ${'x'.repeat(200_000)}\r\n${' y\r\n'.repeat(50_000)}\r\n`;
    expect(read(long).subject).toBe('x'.repeat(1999));
    expect(read(`Subject:${' x\r\n'.repeat(100_000)}From: a\r\n\r\n`).from).toBe('a');
  });

  it.each([
    ['\r'.repeat(1_000_000)],
    ['a\r'.repeat(500_000)],
    [`a${' '.repeat(1_000_000)}`],
    ['Subject:\n \n '.repeat(100_000)],
  ])('of rubbish is no burden', (text) => {
    expect(read(text)).toBeTypeOf('object');
  });
});
