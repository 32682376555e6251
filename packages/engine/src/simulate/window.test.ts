import { expect, it } from 'vitest';
import { Window } from './window.ts';

const rule = { limit: 0, most: 100, length: 10, perMessage: 1, anchored: false };

it('is used up by so much, and begins anew with what comes after it', () => {
  const window = new Window(rule);
  expect(window.usedUpAt(3, 20)).toBe(8);
  window.spend(3, 8, 20);
  expect([window.isUsedUp(8), window.endsAt, window.isUsedUp(13)]).toEqual([true, 13, false]);
  expect(window.usedUpAt(13, 20)).toBe(18);
});

it('goes on into the next one at a rate that does not use it up in time', () => {
  const window = new Window(rule);
  // Half of it is used after 8 s; then 12 a second would use up the next one, 9 would not.
  window.spend(0, 8, 50 / 8);
  expect(window.usedUpAt(8, 12)).toBeCloseTo(10 + 100 / 12, 9);
  expect(window.usedUpAt(8, 9)).toBe(Number.POSITIVE_INFINITY);
  window.spend(8, 15, 12);
  expect(window.usedUpAt(15, 12)).toBeCloseTo(10 + 100 / 12, 9);
});

it('of a day begins at midnight', () => {
  const window = new Window({ ...rule, anchored: true });
  expect(window.usedUpAt(7, 50)).toBe(9);
  window.spend(7, 9, 50);
  expect(window.endsAt).toBe(10);
});
