import { expect, test } from 'vitest';
import { addressHolds, type HistoryRow, oldTtl } from './history.ts';

const NOW = Date.parse('2026-12-05T12:00:00Z');
const HOST = 'mx.new.example';
const minutesAgo = (minutes: number): number => NOW - minutes * 60_000;

function row(minutes: number, ttl: number, records: readonly string[], over: Partial<HistoryRow> = {}): HistoryRow {
  return { name: HOST, type: 'A', at: minutesAgo(minutes), server: '192.0.2.53:53', ttl, records, ...over };
}

test.each<[string, HistoryRow[], number]>([
  ['nothing seen', [], 0],
  ['a row that holds still, however old', [row(100_000, 3600, ['192.0.2.1'])], 3600],
  ['a row that ended before', [row(200, 3600, ['192.0.2.1']), row(61, 60, ['192.0.2.1'])], 60],
  ['a row that ended since', [row(200, 3600, ['192.0.2.1']), row(59, 60, ['192.0.2.1'])], 3600],
  [
    'the row of another server, type or name does not end it',
    [row(200, 3600, ['192.0.2.1']), row(61, 60, [], { server: '192.0.2.54:53' }), row(61, 90, [], { type: 'AAAA' })],
    3600,
  ],
  ['absence has a TTL too', [row(10, 300, [])], 300],
])('the longest TTL of the last hour: %s', (_case, history, ttl) => {
  expect(oldTtl(history, { name: HOST, type: 'A' }, minutesAgo(60))).toBe(ttl);
});

const holds = (history: readonly HistoryRow[], hosts = [HOST]) =>
  addressHolds(history, hosts, { now: NOW, floorMs: 300_000, slackMs: 60_000 }).map(({ safeAt, ...rest }) => ({
    minutes: (safeAt - NOW) / 60_000,
    ...rest,
  }));

test('an address that changed is held by caches until its old TTL is over, with the sum', () => {
  expect(holds([row(90, 3600, ['192.0.2.9']), row(10, 60, ['192.0.2.1'])])).toEqual([
    {
      minutes: 56,
      host: HOST,
      before: ['192.0.2.9'],
      after: ['192.0.2.1'],
      arithmetic:
        '192.0.2.9 was there until the new one was at 2026-12-05T11:50:00Z (served everywhere) + ' +
        'max(TTL 3600 s, resolver floor 300 s) + slack 360 s (10 %) = 2026-12-05T12:56:00Z',
    },
  ]);
});

const MORE = ['192.0.2.1', '192.0.2.2'];

test.each<[string, HistoryRow[], number[]]>([
  ['never seen', [], []],
  ['seen once', [row(10, 3600, ['192.0.2.1'])], []],
  ['only the TTL changed', [row(20, 3600, ['192.0.2.1']), row(10, 60, ['192.0.2.1'])], []],
  ['changed long ago', [row(500, 3600, ['192.0.2.9']), row(70, 60, ['192.0.2.1'])], []],
  ['a short TTL: the floor counts', [row(20, 5, ['192.0.2.9']), row(1, 5, ['192.0.2.1'])], [5]],
  ['appeared: the negative TTL counts', [row(20, 900, []), row(1, 60, ['192.0.2.1'])], [15.5]],
  ['gone', [row(20, 900, ['192.0.2.9']), row(1, 60, [])], [15.5]],
  ['one added: what caches hold is good still', [row(20, 900, ['192.0.2.1']), row(1, 60, MORE)], []],
  ['one of two taken away', [row(20, 900, MORE), row(1, 60, ['192.0.2.1'])], [15.5]],
  [
    'a long TTL lowered before the change still counts',
    [row(30, 3600, ['192.0.2.9']), row(20, 60, ['192.0.2.9']), row(1, 60, ['192.0.2.1'])],
    [46],
  ],
  [
    'there and back: the one between is what caches may hold',
    [row(30, 60, ['192.0.2.1']), row(20, 3600, ['192.0.2.9']), row(10, 60, ['192.0.2.1'])],
    [56],
  ],
  [
    'two servers, one after the other: the last one counts',
    [
      row(30, 900, ['192.0.2.9']),
      row(10, 60, ['192.0.2.1']),
      row(30, 900, ['192.0.2.9'], { server: 'ns2' }),
      row(5, 60, ['192.0.2.1'], { server: 'ns2' }),
    ],
    [11.5],
  ],
  ['a pool that takes turns', [1, 2, 3, 4].map((n) => row(5 - n, 10, [`192.0.2.${n}`])), []],
  ['turns with a long TTL are no pool', [1, 2, 3, 4].map((n) => row(5 - n, 900, [`192.0.2.${n}`])), [15.5]],
])('%s', (_case, history, minutes) => {
  expect(holds(history).map((hold) => hold.minutes)).toEqual(minutes);
});

test('only the hosts asked for, A and AAAA each', () => {
  const other = { name: 'other.example' };
  const aaaa = { type: 'AAAA' } as const;
  const history = [
    row(20, 900, ['192.0.2.9'], other),
    row(1, 60, ['192.0.2.1'], other),
    row(20, 900, ['2001:db8::9'], aaaa),
    row(1, 60, ['2001:db8::1'], aaaa),
  ];
  expect(holds(history).map(({ before }) => before)).toEqual([['2001:db8::9']]);
});
