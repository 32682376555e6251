import { describe, expect, it, test } from 'vitest';
import { withBodyRepairs } from './body-repairs.ts';
import { repairHeaderEightBit } from './header-eight-bit.ts';
import { repairHeaderLines } from './header-lines.ts';
import { repairFinalLineEnd, repairLineEnds } from './line-ends.ts';
import { repairLongLines } from './long-lines.ts';
import { repairMboxLine } from './mbox-line.ts';
import { repairNul } from './nul-bytes.ts';
import type { BodyRepair, BodyRepairName } from './repair.ts';

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');
const REPAIRS: Readonly<Record<BodyRepairName, BodyRepair>> = {
  'final-line-end': repairFinalLineEnd,
  'line-ends': repairLineEnds,
  nul: repairNul,
  'mbox-line': repairMboxLine,
  'header-lines': repairHeaderLines,
  'header-8bit': repairHeaderEightBit,
  'long-lines': repairLongLines,
};
const NAMES: readonly BodyRepairName[] = [
  'final-line-end',
  'line-ends',
  'nul',
  'mbox-line',
  'header-lines',
  'header-8bit',
  'long-lines',
];

interface Row {
  repair: BodyRepairName;
  given: string;
  expected: string;
  what: string;
}

const row = (repair: BodyRepairName, given: string, expected: string, what: string): Row => ({
  repair,
  given,
  expected,
  what,
});

const WORD = 'x'.repeat(998);
const LONG = 'x'.repeat(10_000);

test.each([
  row('final-line-end', 'A: b\r\n\r\nc', 'A: b\r\n\r\nc\r\n', 'a final line end added'),
  row('final-line-end', 'A: b\n\nc\n', 'A: b\n\nc\r\n', 'the final line end made CRLF'),
  row('final-line-end', 'c\r', 'c\r\n', 'the final line end made CRLF'),

  row('line-ends', 'A: b\n\nc\n', 'A: b\r\n\r\nc\r\n', 'line ends: 3 bare LF made CRLF'),
  row('line-ends', 'A: b\r\rc\r', 'A: b\r\n\r\nc\r\n', 'line ends: 3 bare CR made CRLF'),
  row('line-ends', 'A: b\r\r\nc\r\r\r\n', 'A: b\r\nc\r\n', 'line ends: 3 spare CRs before CRLF removed'),
  row('line-ends', 'a\n\r\nb\rc', 'a\r\n\r\nb\r\nc', 'line ends: 1 bare LF made CRLF, 1 bare CR made CRLF'),

  row('nul', 'A: \0b\r\n\r\n\0\0c', 'A: b\r\n\r\nc', '3 NUL bytes removed'),
  row('nul', 'a\0', 'a', '1 NUL byte removed'),

  row('mbox-line', 'From a@b Mon Jan\r\nA: b\r\n', 'A: b\r\n', 'the first line `From ...` (mbox) removed'),
  row('mbox-line', '>From a@b\nFrom c\nA: b\n', 'A: b\n', 'the first 2 lines `From ...` (mbox) removed'),

  row(
    'header-lines',
    'A: b\r\nno colon here\r\n c\r\n\r\nd\r\n',
    'A: b\r\nX-Invalid-Header: no colon here\r\n c\r\n\r\nd\r\n',
    '1 header line without a field name put in X-Invalid-Header',
  ),
  row(
    'header-lines',
    ' folded first\n: no name\nA\xe9: 8-bit name\n\nd\n',
    'X-Invalid-Header:  folded first\nX-Invalid-Header: : no name\nX-Invalid-Header: A\xe9: 8-bit name\n\nd\n',
    '3 header lines without a field name put in X-Invalid-Header',
  ),
  row(
    'header-lines',
    'A \t: b\r\nC: d\r\n\r\n',
    'A: b\r\nC: d\r\n\r\n',
    'blanks before the colon of 1 header field removed',
  ),
  row(
    'header-lines',
    'A: b\r\nHello, no empty line.\r\nNote: a word.\r\nBye\r\n',
    'A: b\r\n\r\nHello, no empty line.\r\nNote: a word.\r\nBye\r\n',
    'the missing empty line between header and body put in',
  ),
  row('header-lines', 'A: b\n', 'A: b\n\n', 'the missing empty line between header and body put in'),
  row('header-lines', 'A: b', 'A: b\r\n\r\n', 'the missing empty line between header and body put in'),
  row('header-lines', 'hi there', '\r\nhi there', 'the missing empty line between header and body put in'),

  row(
    'header-8bit',
    'Subject: gr\xc3\xbc\xc3\x9fe\r\nA: b\r\n\r\n\xfc\r\n',
    'Subject: =?utf-8?B?Z3LDvMOfZQ==?=\r\nA: b\r\n\r\n\xfc\r\n',
    '1 header field with 8-bit bytes encoded (RFC 2047)',
  ),

  row(
    'long-lines',
    `A: ${WORD.slice(0, 900)} ${LONG}\r\n\r\nb\r\n`,
    // Folded before the last blank that fits, then inside the word, where there is none.
    `A: ${WORD.slice(0, 900)}\r\n ${LONG.slice(0, 996)}${`\r\n ${LONG.slice(0, 997)}`.repeat(9)}\r\n ${LONG.slice(0, 31)}\r\n\r\nb\r\n`,
    '1 header line longer than 9,900 bytes folded',
  ),
  row(
    'long-lines',
    `A: b\r\n\r\nshort\r\n${LONG}\r\n`,
    `A: b\r\n\r\nshort\r\n${`${WORD}\r\n`.repeat(10)}${'x'.repeat(20)}\r\n`,
    '1 line longer than 9,900 bytes wrapped',
  ),
  row(
    'long-lines',
    `Content-Transfer-Encoding: quoted-printable\n\n${'=E9'.repeat(3400)}\n`,
    `Content-Transfer-Encoding: quoted-printable\n\n${`${'=E9'.repeat(332)}=\n`.repeat(10)}${'=E9'.repeat(80)}\n`,
    '1 line longer than 9,900 bytes wrapped',
  ),
  row(
    'long-lines',
    `Content-Type: image/png\nContent-Transfer-Encoding: base64\n\n${'QUJD'.repeat(2500)}\n`,
    `Content-Type: image/png\nContent-Transfer-Encoding: base64\n\n${`${'QUJD'.repeat(249)}\n`.repeat(10)}${'QUJD'.repeat(10)}\n`,
    '1 line longer than 9,900 bytes wrapped',
  ),
])('$repair: $what', ({ repair, given, expected, what }) => {
  const repaired = REPAIRS[repair](bytes(given));
  expect(repaired?.body.toString('latin1')).toBe(expected);
  expect(repaired?.what).toBe(what);
});

it('takes no text for a header', () => {
  expect(repairHeaderEightBit(bytes('Subject: a\r\rNote: gr\xfc\xdfe\r'))).toBeNull();
  expect(repairHeaderEightBit(bytes('Subject: a\nNote: gr\xfc\xdfe\n'))).toBeNull();
});

it.each<[BodyRepairName, string]>([
  ['nul', '\0\0'],
  ['mbox-line', 'From a@b'],
  ['mbox-line', 'From a@b\r\n'],
])('%s never leaves an empty message', (name, message) => {
  expect(REPAIRS[name](bytes(message))).toBeNull();
});

describe('long lines', () => {
  const wrapped = (head: string, line: string): string | undefined =>
    repairLongLines(bytes(`${head}\r\n\r\n${line}\r\n`))?.body.toString('latin1');

  it('of text end after a blank, and never inside a character', () => {
    const words = wrapped('A: b', 'twelve bytes '.repeat(800));
    expect(
      words
        ?.split('\r\n')
        .slice(2, -2)
        .every((line) => line.endsWith(' ')),
    ).toBe(true);
    const umlauts = wrapped('A: b', Buffer.from(`x${'ü'.repeat(5000)}`).toString('latin1'));
    expect(Buffer.from(umlauts ?? '', 'latin1').toString('utf8')).not.toContain('\ufffd');
  });

  it.each(['', 'x', 'xy'])('of quoted-printable are never cut inside an escape (%j before it)', (before) => {
    const text = wrapped('Content-Transfer-Encoding: quoted-printable', `${before}${'=E9'.repeat(4000)}`);
    const lines = text?.split('\r\n').slice(2, -1) ?? [];
    expect(lines.length).toBeGreaterThan(10);
    expect(lines.filter((line) => line.length > 998 || !/^[xy]*(=E9)*=?$/.test(line))).toEqual([]);
    expect(lines.map((line) => line.replace(/=$/, '')).join('')).toBe(`${before}${'=E9'.repeat(4000)}`);
  });

  it.each([
    ['unencoded binary', 'Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary'],
    ['a signed message', 'Content-Type: multipart/signed; boundary=b'],
    ['an encrypted message', 'Content-Type: application/pkcs7-mime'],
  ])('of %s stay whole', (_, head) => {
    expect(wrapped(head, LONG)).toBeUndefined();
  });

  it('of PGP text stay whole', () => {
    expect(wrapped('A: b', `-----BEGIN PGP SIGNED MESSAGE-----\r\n${LONG}`)).toBeUndefined();
  });

  it('are wrapped beside one that must stay whole, and both are said', () => {
    const part = (head: string, line: string): string => `--b\r\n${head}\r\n\r\n${line}\r\n`;
    const message = `Content-Type: multipart/mixed; boundary="b"\r\n\r\n${part('A: b', LONG)}${part('Content-Type: a/b', LONG)}--b--\r\n`;
    const repaired = repairLongLines(bytes(message));
    expect(repaired?.what).toBe(
      '1 line longer than 9,900 bytes wrapped, 1 line longer than 9,900 bytes left (signed, encrypted or binary)',
    );
    expect(repaired?.body.toString('latin1')).toContain(part('Content-Type: a/b', LONG));
  });
});

describe('signed and encrypted content', () => {
  const signed = 'Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\nI owe you.\0\r\n--b--\r\n';
  const whats = (message: string, name: BodyRepairName): string | null => {
    const what = REPAIRS[name](bytes(message));
    return what === null ? null : what.signature;
  };

  it.each([
    ['nul', signed, 'breaks'],
    ['nul', `A: \0\r\n${signed}`, 'breaks'],
    ['nul', signed.replace('Content', 'Con\0tent').replace('you.\0', 'you.'), 'kept'],
    ['line-ends', signed.replace('you', 'yo\ru'), 'breaks'],
    ['line-ends', signed.replace('you.\0\r\n', 'you.\n'), 'may-break'],
    ['line-ends', signed.replace('=b\r\n', '=b\n'), 'kept'],
    ['mbox-line', `From a\r\n${signed}`, 'kept'],
    ['final-line-end', signed.slice(0, -2), 'kept'],
  ] as const)('%s: the effect on a signature is told', (name, message, effect) => {
    expect(whats(message, name)).toBe(effect);
  });
});

describe('every repair', () => {
  const clean = bytes(
    'From: a@b\r\nSubject: a\r\n\tfolded one\r\nContent-Type: multipart/signed; boundary=x\r\n\r\n--x\r\n\r\nFrom here on\r\n--x--\r\n',
  );

  it.each(NAMES)('%s leaves a clean message alone', (name) => {
    expect(REPAIRS[name](clean)).toBeNull();
  });

  it.each(NAMES)('%s takes an empty message', (name) => {
    expect(REPAIRS[name](Buffer.alloc(0))).toBeNull();
  });

  it.each(NAMES)('%s does its work in one go, whatever the bytes', (name) => {
    const random = randomBytes(7);
    for (let n = 0; n < 800; n += 1) {
      const message = random();
      const once = REPAIRS[name](message);
      if (once === null) continue;
      expect(once.body.equals(message), `${name} gave back ${JSON.stringify(message.toString('latin1'))}`).toBe(false);
      expect(once.what).not.toBe('');
      const twice = REPAIRS[name](once.body);
      expect(twice?.body.toString('latin1'), JSON.stringify(message.toString('latin1'))).toBeUndefined();
    }
  });

  it('leaves nothing undone when all are applied', () => {
    const random = randomBytes(11);
    for (let n = 0; n < 500; n += 1) {
      const message = random();
      const all = withBodyRepairs(message, NAMES);
      expect(all.includes(0) && !message.every((byte) => byte === 0)).toBe(false);
      expect(repairLineEnds(all)).toBeNull();
      expect(repairMboxLine(all)).toBeNull();
    }
  });

  // Each of these takes minutes where a step looks at the rest of the message once more for each line, token or byte.
  it.each([
    ['lines of one byte', 'a\n'],
    ['lone CRs', '\r'],
    ['spare CRs', `${'\r'.repeat(1000)}\n`],
    ['NULs', 'a\0'],
    ['dashes', '--\n'],
    ['8-bit words', 'a: \xe9 b \xe9 \xe9\n'],
    ['quotes and backslashes', 'From: "\\\xe9\n'],
    ['fields without a colon', '\xe9\xe9\n '],
    ['blanks', ' \t'],
    ['one long word', '=\xbc'],
  ])('is linear in a message full of %s', (_, unit) => {
    const size = 512 * 1024;
    const heads = ['Content-Type: multipart/mixed; boundary=-\nSubject: \xe9\n\n', 'Subject: '];
    for (const head of heads) {
      const message = Buffer.concat([bytes(head), Buffer.alloc(size, unit, 'latin1')]);
      for (const name of NAMES) REPAIRS[name](message);
    }
    expect(size).toBeGreaterThan(0);
  });
});

/** Short messages of the bytes that matter, the same in every run. */
function randomBytes(seed: number): () => Buffer {
  let state = seed;
  const next = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
  const pieces = [
    '\r',
    '\n',
    '\r\n',
    '\r\n\r\n',
    '\0',
    ' ',
    '\t',
    ':',
    'From ',
    '>From ',
    'A: b',
    'Subject:',
    '\xc3\xbc',
    '\xe9',
  ]
    .concat([
      '"',
      '(',
      '\\',
      '<',
      '--b',
      '\r\n--b\r\n',
      'Content-Type: multipart/mixed; boundary=b\r\n',
      LONG,
      `${LONG} `,
    ])
    .concat([
      'Content-Type: text/x; name=',
      '\r\nContent-Transfer-Encoding: base64\r\n\r\n',
      '=E9',
      'From: "\xfc" <a@b>',
    ]);
  return () => {
    const count = next(12);
    return bytes(Array.from({ length: count }, () => pieces[next(pieces.length)] ?? '').join(''));
  };
}
