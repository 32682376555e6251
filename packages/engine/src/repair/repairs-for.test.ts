import type { RefusalReason } from '@mxodus/model';
import { describe, expect, it, test } from 'vitest';
import type { Repairable } from './repair.ts';
import { repairsFor } from './repairs-for.ts';

const NOON = Date.UTC(2026, 10, 5, 12);
const CLEAN = 'From: a@b\r\nSubject: hello\r\n\r\nhi\r\n';
/** Everything is wrong with it. */
const DIRTY = `From x\nSubject: gr\xfc\xdfe\nno colon\n\nh\0i ${'x'.repeat(10_000)}`;

const message = (body: string, rest: Partial<Repairable> = {}): Repairable => ({
  flags: ['\\Seen'],
  internalDate: NOON,
  ...rest,
  body: Buffer.from(body, 'latin1'),
});
const names = (of: Repairable, reason: RefusalReason, response: string): string[] =>
  repairsFor(of, { reason, response }, { appendLimit: null }).map(({ name }) => name);

const IN_ORDER = ['final-line-end', 'line-ends', 'nul', 'mbox-line', 'header-lines', 'header-8bit', 'long-lines'];
const first = (...wanted: string[]): string[] => [...wanted, ...IN_ORDER.filter((name) => !wanted.includes(name))];

describe('the order of repairs', () => {
  // What servers say (2026-11), and how the append channel reads it.
  test.each([
    ['Cyrus, NUL', 'content', 'NO Message contains NUL characters', first('nul')],
    ['Gmail, NUL', 'content', 'NO Invalid character in literal', first('nul')],
    ['Cyrus, bare LF', 'content', 'NO Message contains bare newlines', first('line-ends')],
    [
      'Cyrus, header',
      'content',
      'NO Message contains invalid header',
      first('mbox-line', 'header-lines', 'header-8bit'),
    ],
    ['Cyrus, 8-bit', 'content', 'NO Message contains non-ASCII characters in headers', first('header-8bit')],
    ['Cyrus, separator', 'content', 'NO Message has no header/body separator', first('header-lines')],
    ['Yahoo, last CRLF', 'content', 'BAD [CLIENTBUG] Additional arguments found', first('final-line-end')],
    ['words that say nothing', 'content', 'NO Unable to parse message', IN_ORDER],
    ['Exchange, 11', 'other', 'BAD Command Argument Error. 11', [...first('long-lines'), 'everything']],
    ['a line too long', 'content', 'NO Line too long', first('long-lines')],
  ] as const)('%s', (_, reason, response, expected) => {
    // Mended on the way, nothing is left to do "all at once" but the flags.
    const dirty = message(DIRTY, expected.includes('everything') ? { flags: ['\\Seen', 'Work'] } : {});
    const found = names(dirty, reason, response).filter((name) => name !== 'keywords');
    expect(found).toEqual(expected);
  });

  it('for words that say nothing is: flags, date, body, all at once', () => {
    const odd = message('A: b\n\nc\n', { flags: ['Work', '\\Odd'], internalDate: -1000 });
    expect(names(odd, 'other', 'NO failed')).toEqual([
      ...['keywords', 'system-flags-only', 'date-in-range', 'no-date', 'final-line-end', 'line-ends', 'everything'],
    ]);
  });

  it('keeps what the words asked for while other things are tried', () => {
    const long = message(`A: b\r\n\r\n${'x'.repeat(10_000)}\r\n`, { flags: ['Work'] });
    const refusal = { reason: 'other', response: 'BAD Command Argument Error. 11' } as const;
    expect(repairsFor(long, refusal, { appendLimit: null }).map(({ what }) => what)).toEqual([
      '1 line longer than 9,900 bytes wrapped',
      'keyword Work left out; 1 line longer than 9,900 bytes wrapped',
    ]);
  });

  it('begins with the flags where the words point there, and keeps to it', () => {
    const odd = message('A: b\n\nc\n', { flags: ['Work', '$Forwarded', '\\Odd', '\\Seen'] });
    const repairs = repairsFor(
      odd,
      { reason: 'flags', response: 'BAD Invalid system flag \\FORWARDED' },
      { appendLimit: null },
    );
    expect(repairs.map(({ name, flags }) => [name, flags.join(' ')])).toEqual([
      ['named-flags', 'Work \\Odd \\Seen'],
      ['keywords', '\\Odd \\Seen'],
      ['system-flags-only', '\\Seen'],
      ['final-line-end', '\\Seen'],
      ['line-ends', '\\Seen'],
    ]);
    expect(repairs[0]?.what).toBe('keyword $Forwarded left out');
    expect(repairs[2]?.what).toBe('flags Work, $Forwarded, \\Odd left out');
  });

  it('begins with the date where the words point there', () => {
    const old = message(CLEAN, { flags: ['Work'], internalDate: Date.UTC(1899, 11, 30) });
    const repairs = repairsFor(old, { reason: 'date', response: 'BAD Invalid date-time' }, { appendLimit: null });
    expect(repairs.map(({ name, internalDate, flags }) => [name, internalDate, flags.length])).toEqual([
      ['date-in-range', 0, 1],
      ['no-date', null, 1],
      ['keywords', null, 0],
    ]);
    expect(repairs[0]?.what).toBe('date 1899-12-30T00:00:00Z replaced by 1970-01-01T00:00:00Z');
    expect(repairs[1]?.what).toBe('date 1899-12-30T00:00:00Z left out: the server puts in the time of the copy');
  });

  it('leaves a usual date out only where the words point there', () => {
    expect(names(message(CLEAN), 'date', 'NO bad date')).toEqual(['no-date']);
    expect(names(message(CLEAN, { internalDate: null }), 'date', 'NO bad date')).toEqual([]);
  });

  it.each([
    ['after 2038', Date.UTC(2040, 0), ['date-in-range', 'no-date']],
    ['that is no number', Number.NaN, ['no-date']],
    ['of the last second', Date.UTC(2038, 0, 19, 3, 14, 7), []],
    ['of the first second', 0, []],
  ])('has a repair for a date %s: %s', (_, internalDate, expected) => {
    expect(names(message(CLEAN, { internalDate }), 'other', 'NO')).toEqual(expected);
  });
});

describe('a repair', () => {
  it('changes no more than its own and what the words asked for', () => {
    const [nul, andMore] = repairsFor(
      message('A: b\r\n\r\nc\0\nd'),
      { reason: 'content', response: 'NO Message contains NUL characters' },
      { appendLimit: null },
    );
    expect(nul?.body.toString()).toBe('A: b\r\n\r\nc\nd');
    expect(nul?.what).toBe('1 NUL byte removed');
    expect(andMore?.body.toString()).toBe('A: b\r\n\r\nc\nd\r\n');
    expect(andMore?.what).toBe('a final line end added; 1 NUL byte removed');
    expect(andMore?.internalDate).toBe(NOON);
    expect(andMore?.flags).toEqual(['\\Seen']);
    expect(andMore?.why).toBe('the destination refused it as it was: NO Message contains NUL characters');
  });

  it('leaves the body it got as it is', () => {
    const dirty = message(DIRTY);
    const before = Buffer.from(dirty.body);
    for (const repair of repairsFor(dirty, { reason: 'other', response: 'NO' }, { appendLimit: null }))
      repair.body.fill(0x20, 0, 0);
    expect(dirty.body.equals(before)).toBe(true);
  });

  it('gives the same body each time, also when it is copied', () => {
    const [repair] = repairsFor(message('a\n'), { reason: 'content', response: 'NO' }, { appendLimit: null });
    expect(repair?.body).toEqual(repair?.body);
    expect({ ...repair }.body?.toString()).toBe('a\r\n');
  });

  it('says that a signature breaks', () => {
    const signed = 'Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\nI owe\0\r\n--b--\r\n';
    const [nul] = repairsFor(message(signed), { reason: 'content', response: 'NO NUL' }, { appendLimit: null });
    expect(nul?.what).toBe('1 NUL byte removed (signed or encrypted content: the signature breaks)');
    const [lf] = repairsFor(
      message(signed.replace('owe\0\r', 'owe')),
      { reason: 'content', response: 'NO bare newlines' },
      { appendLimit: null },
    );
    expect(lf?.what).toBe('line ends: 1 bare LF made CRLF (signed or encrypted content: the signature may break)');
    const [plain] = repairsFor(
      message('A: b\r\n\r\nI owe\0\r\n'),
      { reason: 'content', response: 'NO NUL' },
      { appendLimit: null },
    );
    expect(plain?.what).toBe('1 NUL byte removed');
  });
});

describe('there is nothing to try', () => {
  it.each(['flags', 'content', 'other'] as const)('for a clean message (%s)', (reason) => {
    for (const response of ['NO', 'NO NUL', 'BAD Command Argument Error. 11', 'NO invalid header'])
      expect(names(message(CLEAN), reason, response)).toEqual([]);
  });

  it.each(['too-large', 'quota', 'busy', 'no-folder', 'zero-bytes'] as const)('when the reason is %s', (reason) => {
    expect(names(message(DIRTY, { flags: ['Work'], internalDate: -5 }), reason, 'NO header NUL')).toEqual([]);
  });

  it('for a message over the limit, whatever the words', () => {
    const refusal = { reason: 'other', response: 'BAD Command Argument Error. 11' } as const;
    expect(repairsFor(message(DIRTY, { flags: ['Work'] }), refusal, { appendLimit: 100 })).toEqual([]);
  });

  it('that would grow over the limit', () => {
    const body = 'A: b\n\nc\n';
    const refusal = { reason: 'content', response: 'NO bare newlines' } as const;
    expect(repairsFor(message(body), refusal, { appendLimit: body.length + 3 })).toHaveLength(2);
    const tight = repairsFor(message(body), refusal, { appendLimit: body.length + 2 });
    expect(tight.map(({ name }) => name)).toEqual([]);
  });
});

test('a large message with every flaw is no burden', () => {
  const large = message(`${DIRTY}\n${'text and more of it, to the end of the line\n'.repeat(100_000)}`);
  const repairs = repairsFor(large, { reason: 'other', response: 'NO' }, { appendLimit: null });
  expect(repairs.map(({ name }) => name)).toEqual(IN_ORDER);
  expect(repairs.at(-1)?.body.length).toBeGreaterThan(large.body.length);
});
