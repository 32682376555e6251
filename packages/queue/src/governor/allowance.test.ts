import { expect, it } from 'vitest';
import { Allowance } from './allowance.ts';

const MINUTE = 60_000;

it('is the cap until the server asks for fewer', () => {
  const allowance = new Allowance(4);
  expect([allowance.now(0), allowance.risesAt(0), allowance.words(0)]).toEqual([4, null, null]);
});

it.each([
  ['the one of four that was refused', 4, 4, 3],
  ['the one of two that was refused', 4, 2, 1],
  ['the only one', 4, 1, 1],
  ['one that is gone already', 4, 0, 3],
])('is one less than there were with %s', (_, cap, inUse, expected) => {
  const allowance = new Allowance(cap);
  allowance.lower(0, inUse, 'too many');
  expect(allowance.now(0)).toBe(expected);
  expect(allowance.words(0)).toBe(expected < cap ? 'too many' : null);
});

it('rises by one for every five minutes without a complaint, up to the cap', () => {
  const allowance = new Allowance(4);
  allowance.lower(0, 2, 'too many');
  expect([4.9, 5, 10, 15, 600].map((minutes) => allowance.now(minutes * MINUTE))).toEqual([1, 2, 3, 4, 4]);
  expect(allowance.risesAt(600 * MINUTE)).toBeNull();
});

it('says when it rises next', () => {
  const allowance = new Allowance(4);
  allowance.lower(0, 2, 'too many');
  expect([0, 6].map((minutes) => allowance.risesAt(minutes * MINUTE))).toEqual([5 * MINUTE, 10 * MINUTE]);
});

it('begins to wait anew with any complaint', () => {
  const allowance = new Allowance(4);
  allowance.lower(0, 2, 'too many');
  allowance.complained(6 * MINUTE);
  expect(allowance.now(10 * MINUTE)).toBe(2);
  expect(allowance.now(11 * MINUTE)).toBe(3);
});

it('never rises above what it was, nor falls below one', () => {
  const allowance = new Allowance(1);
  allowance.lower(0, 1, 'too many');
  expect([allowance.now(0), allowance.now(100 * MINUTE)]).toEqual([1, 1]);
});
