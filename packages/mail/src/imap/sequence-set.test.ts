import { expect, it } from 'vitest';
import { countUidSet, expandUidSet, sequenceSet } from './sequence-set.ts';

it.each([
  [[1], '1'],
  [[1, 2, 3, 7], '1:3,7'],
  [[9, 1, 8, 2], '1:2,8:9'],
  [[4294967295, 4294967294], '4294967294:4294967295'],
])('writes %j as %s', (uids, text) => {
  expect(sequenceSet(uids)).toBe(text);
});

it('reads a uid-set in its own order, a range either way round', () => {
  expect(expandUidSet('5,1:3,9:8')).toEqual([5, 1, 2, 3, 8, 9]);
});

it('counts a uid-set of any size', () => {
  expect(countUidSet('5,1:3,9:8')).toBe(6);
  expect(countUidSet('1:4294967295')).toBe(4294967295);
});
