import { describe, expect, it } from 'vitest';
import { CommandsUnderWay, type Listener, type TaggedAnswer } from './commands-under-way.ts';
import type { FetchRow } from './fetch-row.ts';
import { LostFraming, ResponseFramer } from './response-framer.ts';

/** What one command heard. */
interface Heard {
  rows: Record<string, unknown>[];
  untagged: string[];
  malformed: number;
  answer: TaggedAnswer | undefined;
}

const plain = ({ uid, flags, internalDate, size, section, body, emailId, labels }: FetchRow) => ({
  uid,
  ...(flags === null ? {} : { flags }),
  ...(internalDate === null ? {} : { internalDate }),
  ...(size < 0 ? {} : { size }),
  ...(section === null ? {} : { section, body: body === null ? null : body.toString('latin1') }),
  ...(emailId === null ? {} : { emailId }),
  ...(labels === null ? {} : { labels }),
});

/** Feeds the chunks to one command with the tag X1. */
function hear(chunks: readonly Buffer[], more: Listener = {}): Heard {
  const heard: Heard = { rows: [], untagged: [], malformed: 0, answer: undefined };
  const commands = new CommandsUnderWay(() => undefined);
  const framer = new ResponseFramer(commands);
  const listener: Listener = {
    row: (row) => heard.rows.push(plain(row)) > 0,
    untagged: ({ name, number, cursor }) => heard.untagged.push(`${number ?? ''}${name}${cursor.rest()}`) > 0,
    malformed: () => {
      heard.malformed += 1;
    },
    answered: (answer) => {
      heard.answer = answer;
    },
    ...more,
  };
  commands.add('X1', listener).catch(() => undefined);
  for (const chunk of chunks) framer.feed(chunk);
  return heard;
}

const hearText = (text: string): Heard => hear([Buffer.from(text, 'latin1')]);

const literal = (text: string): string => `{${text.length}}\r\n${text}`;

/** A message that looks like an answer from the first byte to the last. */
const LOOKALIKE = 'X1 OK done\r\n* 9 FETCH (UID 9 FLAGS ())\r\n{7}\r\n+ go\r\n* BYE\r\n)\r\nX1 NO {3}';

const STREAM = [
  '* OK [ALERT] text that ends like a literal {12}\r\n',
  '* 3 EXISTS\r\n',
  `* 1 FETCH (UID 11 FLAGS (\\Seen $Label1 \\Recent \\Answered) INTERNALDATE " 7-Feb-2023 10:00:00 +0130" RFC822.SIZE 42)\r\n`,
  `* 2 FETCH (FLAGS () UID 12 BODY[] ${literal(LOOKALIKE)} RFC822.SIZE 7)\r\n`,
  `* 3 FETCH (BODY[HEADER.FIELDS ("MESSAGE-ID" "a]b")] ${literal('Message-ID: <a@b>\r\n\r\n')} UID 13)\r\n`,
  `* 3 FETCH (UID 14 BODY[] ${literal('')})\r\n`,
  '* 4 fetch (uid 15 body[]<0> "a \\"quoted\\" body \\\\ {5}" modseq (12))\r\n',
  '* 5 FETCH (UID 16 BODY[] NIL ENVELOPE ("a" NIL ((NIL NIL "x" "y"))) BODY[1.MIME] "x")\r\n',
  `* 6 FETCH (UID 17 BODY[HEADER] ~${literal('\0\xff')})\r\n`,
  `* 7 FETCH (UID 18 EMAILID (M123) X-GM-LABELS ("\\\\Inbox" ${literal('&AOQ-')} plain))\r\n`,
  `* LIST (\\HasNoChildren) "/" ${literal('a"b')}\r\n`,
  'X1 OK done {4}\r\n',
].join('');

const EXPECTED = {
  rows: [
    {
      uid: 11,
      flags: ['$Label1', '\\Answered', '\\Seen'],
      internalDate: Date.UTC(2023, 1, 7, 8, 30),
      size: 42,
    },
    { uid: 12, flags: [], size: 7, section: 'message', body: LOOKALIKE },
    { uid: 13, section: 'fields', body: 'Message-ID: <a@b>\r\n\r\n' },
    { uid: 14, section: 'message', body: '' },
    { uid: 15, section: 'message', body: 'a "quoted" body \\ {5}' },
    { uid: 16, section: 'message', body: null },
    { uid: 17, section: 'header', body: '\0\xff' },
    { uid: 18, emailId: 'M123', labels: ['\\Inbox', '&AOQ-', 'plain'] },
  ],
  untagged: ['OK [ALERT] text that ends like a literal {12}', '3EXISTS', 'LIST (\\HasNoChildren) "/" '],
  malformed: 0,
  answer: { status: 'OK', text: 'done {4}' },
};

describe('a stream of responses', () => {
  it('is the same wherever it is cut in two', () => {
    const bytes = Buffer.from(STREAM, 'latin1');
    for (let cut = 0; cut <= bytes.length; cut += 1)
      expect({ cut, ...hear([bytes.subarray(0, cut), bytes.subarray(cut)]) }).toEqual({ cut, ...EXPECTED });
  });

  it('is the same byte by byte, and with bare line feeds', () => {
    const bytes = Buffer.from(STREAM, 'latin1');
    expect(hear(Array.from(bytes, (byte) => Buffer.from([byte])))).toEqual(EXPECTED);
    const bare = STREAM.split('\r\n* ').join('\n* ');
    expect(hearText(bare).rows.map(({ uid }) => uid)).toEqual(EXPECTED.rows.map(({ uid }) => uid));
  });

  it('gives a body that came in one piece without copying it, and any other exactly its size', () => {
    const body = 'b'.repeat(300);
    const bytes = Buffer.from(`* 1 FETCH (UID 1 BODY[] ${literal(body)})\r\nX1 OK\r\n`);
    const bodies: Buffer[] = [];
    const take = { row: ({ body: found }: FetchRow) => found !== null && bodies.push(found) > 0 };
    hear([bytes], take);
    hear([bytes.subarray(0, 100), bytes.subarray(100)], take);
    expect(bodies.map(String)).toEqual([body, body]);
    expect(bodies[0]?.buffer).toBe(bytes.buffer);
    expect(bodies[1]?.buffer.byteLength).toBe(300);
  });

  it('gives the bytes of a literal to whoever wants them as they come', () => {
    const bytes = Buffer.from(`* 1 FETCH (UID 1 BODY[] ${literal(LOOKALIKE)} FLAGS (\\Seen))\r\nX1 OK\r\n`);
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const got: string[] = [];
      const heard = hear([bytes.subarray(0, cut), bytes.subarray(cut)], {
        literal: (_, size) => {
          expect(size).toBe(LOOKALIKE.length);
          return { write: (piece) => got.push(String(piece)) };
        },
      });
      expect(got.join('')).toBe(LOOKALIKE);
      expect(heard.rows).toEqual([{ uid: 1, flags: ['\\Seen'], section: 'message', body: null }]);
      expect(heard.answer?.status).toBe('OK');
    }
  });
});

describe('a response nobody can read', () => {
  it.each([
    ['an open list', '* 1 FETCH (UID 1 FLAGS (\\Seen'],
    ['no closing parenthesis', '* 1 FETCH (UID 1 FLAGS (\\Seen)'],
    ['something after it', '* 1 FETCH (UID 1) FLAGS'],
    ['a list in the flags', '* 1 FETCH (UID 1 FLAGS (\\Seen (x)))'],
    ['a UID that is none', '* 1 FETCH (UID x)'],
    ['a number without end', `* 1 FETCH (UID ${'9'.repeat(40)})`],
    ['a sequence number without end', `* ${'9'.repeat(40)} FETCH (UID 1)`],
    ['a quoted string without end', '* 1 FETCH (UID 1 BODY[] "abc)'],
    ['a quoted string that ends in an escape', '* 1 FETCH (UID 1 BODY[] "abc\\'],
    ['an item without a value', '* 1 FETCH (UID 1 RFC822.SIZE)'],
    ['a body that is an atom', '* 1 FETCH (UID 1 BODY[] abc)'],
    ['a section without end', '* 1 FETCH (UID 1 BODY[HEADER "x")'],
    ['lists in lists without end', `* 1 FETCH (UID 1 ENVELOPE ${'('.repeat(500)}${')'.repeat(500)})`],
    ['only a parenthesis', '* 1 FETCH ('],
    ['nothing at all', '* 1 FETCH '],
    ['a literal in a broken row', `* 1 FETCH (UID 1 FLAGS ${literal('X1 OK\r\n')} (((`],
  ])('(%s) is left out, and all that follows is read', (_, row) => {
    const heard = hearText(`${row}\r\n* 2 FETCH (UID 2)\r\nX1 OK done\r\n`);
    expect(heard).toEqual({ rows: [{ uid: 2 }], untagged: [], malformed: 1, answer: { status: 'OK', text: 'done' } });
  });

  it('is not needed: empty lines, unknown tags, junk', () => {
    const heard = hearText(
      '\r\n\r\njunk\r\nX2 OK other\r\nX1 MAYBE\r\n* \r\n*\r\n+\r\nX1\r\n* 2 FETCH (UID 2)\r\nX1 no [X] no\r\n',
    );
    expect(heard.rows).toEqual([{ uid: 2 }]);
    expect(heard.answer).toEqual({ status: 'NO', text: '[X] no' });
  });

  it.each([
    ['the flags are NIL', 'FLAGS NIL', { uid: 1, flags: [] }],
    ['the size is NIL', 'RFC822.SIZE NIL', { uid: 1, size: 0 }],
    ['the date is NIL', 'INTERNALDATE NIL', { uid: 1 }],
    ['the date is none', 'INTERNALDATE "yesterday"', { uid: 1 }],
    ['the flags are odd', 'FLAGS (\\* a]b \\  {5)', { uid: 1, flags: ['\\', '\\*', 'a]b', '{5'] }],
    ['a flag is UTF-8', 'FLAGS (gr\xc3\xbcn)', { uid: 1, flags: ['gr\u00fcn'] }],
    ['there are spaces more', '  FLAGS   ( \\Seen  ) ', { uid: 1, flags: ['\\Seen'] }],
  ])('is less than one where %s', (_, items, row) => {
    expect(hearText(`* 1  FETCH  (UID 1 ${items})\r\nX1 OK\r\n`).rows).toEqual([row]);
  });
});

describe('a hostile server', () => {
  const feed = (text: string, times = 1) => {
    const framer = new ResponseFramer(new CommandsUnderWay(() => undefined));
    for (let time = 0; time < times; time += 1) framer.feed(Buffer.from(text));
  };

  it.each([
    ['a line without end', 'x'.repeat(64 * 1024), 20],
    ['a response of literals without end', `${'x'.repeat(60_000)} {1}\r\n`.padStart(60_010, '* LIST '), 20],
    ['a body of a gigabyte', '* 1 FETCH (UID 1 BODY[] {1073741824}\r\n', 1],
    ['a name of a hundred megabytes', '* LIST () "/" {104857600}\r\n', 1],
    ['a literal of a size nobody can count', '* 1 FETCH (BODY[] {99999999999999999999}\r\n', 1],
    ['a literal of less than nothing', '* 1 FETCH (BODY[] {-5}\r\n', 1],
  ])('that sends %s is not listened to', (_, text, times) => {
    expect(() => feed(text, times)).toThrow(LostFraming);
  });

  it('may send a long list of numbers', () => {
    const numbers = Array.from({ length: 300_000 }, (_, index) => 1_000_000 + index).join(' ');
    const bytes = Buffer.from(`* SEARCH ${numbers}\r\nX1 OK\r\n`);
    const chunks = Array.from({ length: Math.ceil(bytes.length / 65536) }, (_, index) =>
      bytes.subarray(index * 65536, (index + 1) * 65536),
    );
    expect(hear(chunks).untagged.map((text) => text.length)).toEqual([`SEARCH ${numbers}`.length]);
  });
});
