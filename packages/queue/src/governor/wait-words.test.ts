import { expect, it } from 'vitest';
import { budgetWords, holdWords, rateWords, sizeText, slotWords } from './wait-words.ts';

const ANN = { server: 'old', user: 'ann' };
const ALL = { server: 'old', user: null };

it.each([
  [500_000_000, '500 MB'],
  [8_000_000, '8 MB'],
  [2_500_000_000, '2.5 GB'],
  [25 * 1024 ** 2, '25 MiB'],
  [1536, '1.5 KiB'],
  [999, '999 B'],
  [1_234_567, '1.2 MB'],
])('says %d bytes as in the config: %s', (bytes, text) => {
  expect(sizeText(bytes)).toBe(text);
});

it('says why in words that go after "because"', () => {
  const pause = { kind: 'pause' as const, until: 0, words: 'NO [THROTTLED]\r\n  Suggested Backoff Time: 5' };
  expect([
    holdWords(ANN, pause),
    holdWords(ALL, pause),
    holdWords(ANN, { ...pause, kind: 'pace' }),
    slotWords(ANN, 4, null),
    slotWords(ALL, 1, null),
    slotWords(ANN, 2, 'Maximum number of connections'),
    rateWords(ALL, 8_000_000),
    budgetWords(ANN, 500_000_000),
  ]).toEqual([
    'old asked ann for a pause: "NO [THROTTLED] Suggested Backoff Time: 5"',
    'old asked for a pause: "NO [THROTTLED] Suggested Backoff Time: 5"',
    'old asked ann to slow down: "NO [THROTTLED] Suggested Backoff Time: 5"',
    'all 4 connections of ann to old are in use',
    'the one connection to old is in use',
    'old takes no more than 2 connections of ann at once now: "Maximum number of connections"',
    'the limit of 8 MB a second for old is reached',
    'the daily budget of 500 MB for ann at old is used up',
  ]);
});

it('does not repeat a server’s words without end', () => {
  expect(holdWords(ALL, { kind: 'pause', until: 0, words: 'x'.repeat(5000) }).length).toBeLessThan(200);
});
