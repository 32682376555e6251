import type { MessageMeta } from '@mxodus/model';
import { describe, expect, test } from 'vitest';
import { alreadyThere, lookOf } from './already-there.ts';
import { bytesText } from './bytes-text.ts';
import { largest, nearLimit, refusedKeywords, tooLarge } from './message-limits.ts';
import { fits, quotaAfter } from './quota-after.ts';

const message = (uid: number, bytes: number, internalDate: number | null = 0): MessageMeta => ({
  uid,
  bytes,
  internalDate,
  flags: [],
});

describe('space at the destination', () => {
  test.each([
    ['what is used plus what moves', { usedBytes: 10, limitBytes: 100 }, 110],
    ['without a quota, what the folders hold counts', null, 107],
  ])('%s', (_name, quota, expected) => {
    expect(quotaAfter({ quota, destinationBytes: 7, movingBytes: 100 })).toBe(expected);
  });

  test.each([
    [{ limitBytes: 100 }, 100, true],
    [{ limitBytes: 100 }, 101, false],
    [{ limitBytes: 0 }, 1, false],
    [{ limitBytes: null }, 1e15, true],
    [null, 1e15, true],
  ])('%o holds %d bytes: %s', (quota, after, expected) => expect(fits(quota, after)).toBe(expected));
});

describe('messages', () => {
  test('above the limit cannot move, at the limit can', () => {
    expect(tooLarge([message(1, 10), message(2, 11)], 10)).toEqual([message(2, 11)]);
    expect(tooLarge([message(1, 10)], null)).toEqual([]);
  });

  test('near the limit may be refused by what stores them in a form of its own', () => {
    expect(
      nearLimit(
        [95, 96, 100, 101].map((bytes, uid) => message(uid, bytes)),
        100,
      ).map(({ bytes }) => bytes),
    ).toEqual([96, 100]);
    expect(nearLimit([message(1, 10)], null)).toEqual([]);
  });

  test('that are kept in another form look alike by date alone', () => {
    const there = lookOf([message(1, 5, 7), message(2, 6, 8)], 'date');
    expect(alreadyThere([message(7, 50, 7), message(8, 60, 7), message(9, 70, 8)], there)).toEqual({
      messages: 2,
      bytes: 120,
    });
  });

  test('the largest are named, ties in a fixed order', () => {
    const rows = [3, 9, 9, 1].map((bytes, uid) => ({ folder: 'a', uid, bytes }));
    expect(largest(rows, 3).map(({ uid }) => uid)).toEqual([1, 2, 0]);
  });

  test('that look alike are counted as a multiset', () => {
    const there = lookOf([message(1, 5), message(2, 5), message(3, 6, null)]);
    const source = [message(7, 5), message(8, 5), message(9, 5), message(10, 6, null), message(11, 6, 1)];
    expect(alreadyThere(source, there)).toEqual({ messages: 3, bytes: 16 });
  });
});

test.each([
  ['any keyword is taken', ['x', 'y'], null, []],
  ['\\* takes any', ['x'], ['\\Seen', '\\*'], []],
  ['an empty list tells nothing', ['x'], [], []],
  ['the rest is refused, without regard to case', ['$Forwarded', '\\SEEN', 'x'], ['\\Seen', '$forwarded'], ['x']],
  ['\\Recent is never kept anywhere', ['\\Recent'], ['\\Seen'], []],
])('keywords: %s', (_name, used, permanent, expected) => expect(refusedKeywords(used, permanent)).toEqual(expected));

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1.0 KiB'],
  [8_704_000, '8.3 MiB'],
  [1024 ** 3, '1.0 GiB'],
  [5 * 1024 ** 5, '5120.0 TiB'],
])('%d bytes read %s', (bytes, text) => expect(bytesText(bytes)).toBe(text));
