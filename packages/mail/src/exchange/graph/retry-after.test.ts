import { describe, expect, it } from 'vitest';
import { backOffMs, retryAfterMs, withJitter } from './retry-after.ts';

const NOW = Date.parse('2026-11-22T12:00:00.700Z');
const SERVER_DATE = 'Sun, 22 Nov 2026 13:00:00 GMT';

describe('Retry-After', () => {
  it.each<[string, Record<string, string>, number | null]>([
    ['seconds', { 'retry-after': '17' }, 17_000],
    ['parts of a second', { 'retry-after': '1.5' }, 1500],
    ['more than others wait for', { 'retry-after': '7200' }, 7_200_000],
    ['a date, by our clock', { 'retry-after': 'Sun, 22 Nov 2026 12:00:30 GMT' }, 29_300],
    [
      'a date, by the clock of the server',
      { 'retry-after': 'Sun, 22 Nov 2026 13:00:30 GMT', date: SERVER_DATE },
      30_000,
    ],
    ['a date that has passed', { 'retry-after': 'Sun, 22 Nov 2026 11:00:00 GMT' }, null],
    ['zero', { 'retry-after': '0' }, null],
    ['less than zero', { 'retry-after': '-5' }, null],
    ['garbage', { 'retry-after': 'soon' }, null],
    ['nothing', {}, null],
  ])('that is %s', (_, headers, asked) => {
    expect(retryAfterMs(new Headers(headers), NOW)).toBe(asked);
  });
});

it('waits 1 s, 2 s, 4 s ... 60 s where the server names no time', () => {
  expect([1, 2, 3, 6, 7, 50].map(backOffMs)).toEqual([1000, 2000, 4000, 32_000, 60_000, 60_000]);
});

it('adds to a wait, and never takes from it', () => {
  expect([withJitter(300_000, 0), withJitter(300_000, 1), withJitter(100, 1)]).toEqual([300_000, 301_000, 200]);
});
