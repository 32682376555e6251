import type { GoneMessage } from '@mxodus/model';
import { describe, expect, it, test } from 'vitest';
import { type AddedMessage, type MovePairing, pairMoves } from './pair-moves.ts';

interface Added extends AddedMessage {
  key: string;
}

interface Look {
  date?: number | null;
  bytes?: number;
  digest?: string | null;
  emailId?: string;
}

const gone = (uid: number, { date = 5000, bytes = 100, digest = 'd', emailId }: Look = {}): GoneMessage => ({
  folderId: 1,
  source: 'A',
  destination: 'A',
  destinationUidValidity: 1,
  uid,
  bytes,
  internalDate: date,
  flags: '',
  destinationUid: uid,
  digest,
  emailId: emailId ?? null,
});
const added = (uid: number, { date = 5000, bytes = 100, digest = 'd', emailId }: Look = {}): Added => ({
  key: 'B',
  uid,
  bytes,
  internalDate: date,
  digest,
  ...(emailId === undefined ? {} : { emailId }),
});

/** "1>11" sure, "1,2?11" unclear, "left 1|11". */
function text({ sure, unclear, left }: MovePairing<Added>): string {
  const uids = (messages: readonly { uid: number }[]): string => messages.map(({ uid }) => uid).join(',');
  return [
    ...sure.map((pair) => `${pair.gone.uid}>${pair.added.uid}`),
    ...unclear.map((group) => `${uids(group.gone)}?${uids(group.added)}`),
    ...(left.gone.length + left.added.length > 0 ? [`left ${uids(left.gone)}|${uids(left.added)}`] : []),
  ].join(' ');
}

const UNKNOWN = { digest: null };

test.each<[string, GoneMessage[], Added[], string]>([
  ['one of each, all the same', [gone(1)], [added(11)], '1>11'],
  ['dates count to the second', [gone(1, { date: 5000 })], [added(11, { date: 5999 })], '1>11'],
  ['another second', [gone(1)], [added(11, { date: 6000 })], 'left 1|11'],
  ['another size', [gone(1)], [added(11, { bytes: 101 })], 'left 1|11'],
  ['another digest', [gone(1)], [added(11, { digest: 'e' })], 'left 1|11'],
  ['dates that neither has', [gone(1, { date: null })], [added(11, { date: null })], '1>11'],
  ['a date that one has', [gone(1, { date: null })], [added(11)], 'left 1|11'],
  ['as many equal ones', [gone(1), gone(2)], [added(11), added(12)], '1>11 2>12'],
  ['fewer equal ones there', [gone(1), gone(2)], [added(11)], '1,2?11'],
  ['more equal ones there', [gone(1)], [added(11), added(12)], '1?11,12'],
  ['a digest that is not known here', [gone(1, UNKNOWN)], [added(11)], '1?11'],
  ['a digest that is not known there', [gone(1)], [added(11, UNKNOWN)], '1?11'],
  ['no digest at all', [gone(1, UNKNOWN), gone(2, UNKNOWN)], [added(11, UNKNOWN)], '1,2?11'],
  [
    'the known of a group are sure, the others not',
    [gone(1), gone(2, UNKNOWN)],
    [added(11), added(12, { digest: 'e' })],
    '1>11 2?12',
  ],
  [
    'what is known to differ stays out of an unclear group',
    [gone(1, { digest: 'x' }), gone(2, UNKNOWN)],
    [added(11, { digest: 'e' })],
    '2?11 left 1|',
  ],
  [
    'two different pairs of one look',
    [gone(1, { digest: 'x' }), gone(2)],
    [added(11), added(12, { digest: 'x' })],
    '1>12 2>11',
  ],
  ['nothing new', [gone(1)], [], 'left 1|'],
  ['nothing gone', [], [added(11)], 'left |11'],

  [
    'equal EMAILIDs, whatever the rest',
    [gone(1, { emailId: 'm' })],
    [added(11, { emailId: 'm', date: 1, digest: null })],
    '1>11',
  ],
  ['EMAILID before look', [gone(1), gone(2, { emailId: 'm' })], [added(11, { emailId: 'm' })], '2>11 left 1|'],
  [
    'a message is used once',
    [gone(1, { emailId: 'm' })],
    [added(11, { emailId: 'm' }), added(12, { emailId: 'm', date: 1 })],
    '1>11 left |12',
  ],
  [
    'a message in two folders, moved in both',
    [gone(1, { emailId: 'm' }), gone(2, { emailId: 'm' })],
    [added(11, { emailId: 'm' }), added(12, { emailId: 'm' })],
    '1>11 2>12',
  ],
  [
    'a client that moves by APPEND makes another EMAILID',
    [gone(1, { emailId: 'm' })],
    [added(11, { emailId: 'n' })],
    '1>11',
  ],
])('%s', (_, lost, found, expected) => {
  expect(text(pairMoves(lost, found))).toBe(expected);
});

describe('pairMoves', () => {
  it('gives back what it got, with all that the caller put in', () => {
    const [lost, found] = [gone(1), added(11)];
    const [pair] = pairMoves([lost], [found]).sure;
    expect(pair?.gone).toBe(lost);
    expect(pair?.added).toBe(found);
  });

  it('takes 200,000 messages, in its stride where all look alike', () => {
    const count = 200_000;
    const lost = Array.from({ length: count }, (_, n) =>
      gone(n, n % 2 === 0 ? { emailId: `m${n}` } : { date: n * 1000 }),
    );
    const found = Array.from({ length: count }, (_, n) =>
      added(n, n % 2 === 0 ? { emailId: `m${n}` } : { date: n * 1000 }),
    );
    expect(pairMoves(lost, found).sure).toHaveLength(count);
    const alike = pairMoves(
      Array.from({ length: count }, (_, n) => gone(n)),
      Array.from({ length: count - 1 }, (_, n) => added(n)),
    );
    expect(alike.unclear.map((group) => [group.gone.length, group.added.length])).toEqual([[count, count - 1]]);
  });
});
