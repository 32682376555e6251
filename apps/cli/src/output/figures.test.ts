import { expect, it } from 'vitest';
import { cut, cutMiddle, table } from './columns.ts';
import { counted, howLong, percent, size, wholeSeconds } from './figures.ts';

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
