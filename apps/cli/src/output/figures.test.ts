import { expect, it } from 'vitest';
import { cut, cutMiddle, fittingTable, squeezedTable, table, wrap } from './columns.ts';
import { clockTime, counted, howLong, percent, roughly, size, wholeSeconds } from './figures.ts';

it.each([
  [0, '0 B'],
  [1023, '1,023 B'],
  [1536, '1.5 KiB'],
  [150 * 1024 ** 2, '150 MiB'],
  [8.1 * 1024 ** 3, '8.1 GiB'],
])('says the size %d as %s', (bytes, text) => {
  expect(size(bytes)).toBe(text);
});

it.each([
  [840, '840 ms', '1 s'],
  [9949, '9.9 s', '10 s'],
  [9960, '10 s', '10 s'],
  [61_000, '1 min 01 s', '1 min 01 s'],
  [7_500_000, '2 h 05 min', '2 h 05 min'],
  [3 * 86_400_000 + 4 * 3_600_000, '3 d 4 h', '3 d 4 h'],
])('says %d ms as %s, roughly as %s', (milliseconds, exact, rough) => {
  expect(howLong(milliseconds)).toBe(exact);
  expect(wholeSeconds(milliseconds)).toBe(rough);
});

it.each([
  [0, 0, '100%'],
  [0, 9, '0%'],
  [1, 52_310, '1%'],
  [52_309, 52_310, '99%'],
  [52_310, 52_310, '100%'],
])('says %d of %d as %s: never all before it is', (part, whole, text) => {
  expect(percent(part, whole)).toBe(text);
});

it('counts things in the plural', () => {
  expect([
    counted(1, 'mailbox'),
    counted(2, 'mailbox'),
    counted(2310, 'message'),
    counted(2, 'entry', 'entries'),
  ]).toEqual(['1 mailbox', '2 mailboxes', '2,310 messages', '2 entries']);
});

it('cuts to the width, and names in the middle', () => {
  expect([cut('abcdef', 6), cut('abcdefg', 6), cutMiddle('ann.long.name@example.com', 12)]).toEqual([
    'abcdef',
    'abcde…',
    'ann.lo…e.com',
  ]);
});

it('aligns columns by what is seen, not by colour codes', () => {
  expect(
    table(
      [
        ['\u001b[1ma\u001b[22m', '1', 'x'],
        ['bbb', '22', 'y'],
      ],
      [1],
    ),
  ).toEqual(['\u001b[1ma\u001b[22m     1  x', 'bbb  22  y']);
});

it.each([
  [500, '1 s'],
  [59_999, '59 s'],
  [60_000, '1 min'],
  [3_599_000, '59 min'],
  [47 * 3_600_000, '47 h'],
  [49 * 3_600_000, '2 d'],
])('says %d ms in little room as %s', (milliseconds, text) => {
  expect(roughly(milliseconds)).toBe(text);
});

it.each([
  ['2026-11-22T14:32:10Z', 'UTC', '14:32 UTC'],
  ['2026-11-22T14:32:10Z', 'Europe/Berlin', '15:32 CET'],
  ['2026-11-22T12:11:59Z', 'UTC', '12:11:59 UTC'],
  ['2026-11-23T00:00:00Z', 'UTC', '00:00 UTC'],
  ['2026-11-23T12:10:00Z', 'UTC', '2026-11-23 12:10 UTC'],
])('says the time %s in %s as %s', (time, zone, text) => {
  expect(clockTime(new Date(time), new Date('2026-11-22T12:10:00Z'), zone)).toBe(text);
});

it('narrows the first column of a table, not below the least', () => {
  const rows = [
    ['mailbox', 'messages'],
    ['somebody@example.com', '12'],
  ];
  const squeeze = { right: [1], width: 22, least: 6 };
  expect(fittingTable(rows, squeeze)).toEqual(['mailbox       messages', 'somebo…e.com        12']);
  expect(fittingTable(rows, { ...squeeze, width: 15 })).toBeNull();
  expect(squeezedTable(rows, { ...squeeze, width: 15 })).toEqual(['mai…ox  messages', 'som…om        12']);
  expect(fittingTable(rows, { ...squeeze, width: 80 })).toEqual(table(rows, [1]));
});

it('breaks lines between words, colours or not, and words that are too long', () => {
  expect(wrap('the server \u001b[1masked\u001b[22m for aVeryLongWordThatDoesNotFit', 12)).toEqual([
    'the server',
    '\u001b[1masked\u001b[22m for',
    'aVeryLongWor',
    'dThatDoesNot',
    'Fit',
  ]);
  expect(wrap('', 12)).toEqual(['']);
});
