import { describe, expect, test } from 'vitest';
import { estimateAll, estimateMailbox, longestOf, type Pace } from './estimate.ts';

/** Microsoft's: 10,000 requests in 10 minutes, 150 MB in 5. */
const pace: Pace = {
  mailboxes: 20,
  requests: { most: 10_000, inMs: 600_000 },
  upload: { mostBytes: 150_000_000, inMs: 300_000 },
  bytesPerSecond: null,
  bytesPerDay: null,
};

const MB = 1_000_000;

describe('one mailbox', () => {
  test.each<[string, { messages: number; bytes: number; folders: number }, Partial<Pace>, number, string]>([
    ['an empty one takes no time', { messages: 0, bytes: 0, folders: 0 }, {}, 0, 'requests'],
    ['many small messages', { messages: 99_990, bytes: 100 * MB, folders: 10 }, {}, 6000, 'requests'],
    ['few large ones, as base64', { messages: 1000, bytes: 1000 * MB, folders: 10 }, {}, 2740, 'upload'],
    [
      'a rate of the server',
      { messages: 10, bytes: 1000 * MB, folders: 1 },
      { bytesPerSecond: 10_000 },
      100_000,
      'bytes_per_second',
    ],
    [
      'a budget a day: the first is there at once',
      { messages: 10, bytes: 250 * MB, folders: 1 },
      { bytesPerDay: 100 * MB },
      172_800,
      'bytes_per_day',
    ],
    [
      'less than the budget of one day',
      { messages: 10, bytes: 90 * MB, folders: 1 },
      { bytesPerDay: 100 * MB },
      247,
      'upload',
    ],
  ])('%s', (_name, move, over, seconds, bottleneck) => {
    expect(estimateMailbox(move, { ...pace, ...over })).toEqual({ seconds, bottleneck });
  });
});

const each = (count: number, seconds: number, bytes = 0) =>
  Array.from({ length: count }, () => ({ bytes, estimate: { seconds, bottleneck: 'upload' as const } }));

describe('all of them', () => {
  test.each([
    ['none', [], pace, null],
    [
      'as many as are worked on at once take as long as one',
      each(20, 100),
      pace,
      { seconds: 100, bottleneck: 'upload' },
    ],
    ['more are shared out', each(50, 100), pace, { seconds: 250, bottleneck: 'mailboxes' }],
    ['the longest decides', [...each(10, 100), ...each(1, 900)], pace, { seconds: 900, bottleneck: 'upload' }],
    [
      'a rate is for all',
      each(4, 100, 5 * MB),
      { ...pace, bytesPerSecond: 10_000 },
      { seconds: 2000, bottleneck: 'bytes_per_second' },
    ],
  ])('%s', (_name, mailboxes, given, expected) => expect(estimateAll(mailboxes, given)).toEqual(expected));

  test('several destinations are worked on at the same time', () => {
    const [a, b] = [
      { seconds: 10, bottleneck: 'requests' as const },
      { seconds: 20, bottleneck: 'mailboxes' as const },
    ];
    expect(longestOf([a, b])).toEqual(b);
    expect(longestOf([])).toBeNull();
  });
});
