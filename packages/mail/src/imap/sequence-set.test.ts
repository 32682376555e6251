import { describe, expect, it } from 'vitest';
import { countUidSet, expandBelow, expandUidSet, sequenceSet, sequenceSets } from './sequence-set.ts';

it.each([
  [[1], '1'],
  [[1, 2, 3, 7], '1:3,7'],
  [[9, 1, 8, 2], '1:2,8:9'],
  [[4294967295, 4294967294], '4294967294:4294967295'],
])('writes %j as %s', (uids, text) => {
  expect(sequenceSet(uids)).toBe(text);
});

describe('many UIDs', () => {
  it('are cut where a command would be too long', () => {
    const uids = Array.from({ length: 20_000 }, (_, index) => 1_000_000 + index * 2);
    const sets = sequenceSets(uids, null);
    expect(Math.max(...sets.map((set) => set.length))).toBeLessThan(8000);
    expect(sets.flatMap(expandUidSet)).toEqual(uids);
  });

  it('are cut where a command would touch too many messages', () => {
    const uids = [...Array.from({ length: 25 }, (_, index) => index + 1), 40, 42];
    const sets = sequenceSets(uids, 10);
    expect(sets).toEqual(['1:10', '11:20', '21:25,40,42']);
    expect(sequenceSets([1, 2, 3], 1)).toEqual(['1', '2', '3']);
    expect(sequenceSets([], 5)).toEqual([]);
  });
});

it('reads a uid-set in its own order, a range either way round', () => {
  expect(expandUidSet('5,1:3,9:8')).toEqual([5, 1, 2, 3, 8, 9]);
});

it('counts a uid-set of any size', () => {
  expect(countUidSet('5,1:3,9:8')).toBe(6);
  expect(countUidSet('1:4294967295')).toBe(4294967295);
});

describe('the UIDs of a set below another', () => {
  it.each([
    ['5,1:3,9:8', 9, [5, 1, 2, 3, 8]],
    ['1:4294967295', 4, [1, 2, 3]],
    ['4294967295', 4, []],
    ['0:2', 9, [1, 2]],
  ])('%s below %i', (set, end, uids) => {
    expect(expandBelow(set, end, 100)).toEqual(uids);
  });

  it.each(['1:4294967295', '1,2:300', 'x', '', '1:*'])(
    'are not listed when they are too many, or none: "%s"',
    (set) => {
      expect(expandBelow(set, 4294967295, 100)).toBeNull();
    },
  );
});
