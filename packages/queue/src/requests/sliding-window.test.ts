import { expect, it } from 'vitest';
import { SlidingWindow } from './sliding-window.ts';

const SECOND = 1000;
const TEN_MINUTES = 600 * SECOND;

/** Sends as early as it may; each is answered after so long. Returns when each was sent. */
function send(window: SlidingWindow, amounts: readonly number[], answerMs: number): number[] {
  let at = 0;
  return amounts.map((amount) => {
    at = window.freeAt(at, amount) ?? at;
    window.sent(amount);
    at += answerMs;
    window.wasAnswered(at, amount);
    return at - answerMs;
  });
}

it('never lets more through in any stretch than it may, and is late by a two-hundredth at most', () => {
  const window = new SlidingWindow(100, TEN_MINUTES);
  const sent = send(window, Array(350).fill(1), 500);
  for (const [place, at] of sent.entries()) {
    const hundredBefore = sent[place - 100];
    if (hundredBefore !== undefined) expect(at - hundredBefore - 500).toBeGreaterThanOrEqual(TEN_MINUTES);
  }
  expect(sent.at(-1)).toBeLessThanOrEqual(3 * (TEN_MINUTES * 1.005 + 500) + 25 * SECOND);
});

it('counts a request from when it is sent until its time has passed after the answer', () => {
  const window = new SlidingWindow(1, TEN_MINUTES);
  window.sent(1);
  expect(window.freeAt(2 * TEN_MINUTES, 1)).toBe(Number.POSITIVE_INFINITY);
  window.wasAnswered(2 * TEN_MINUTES, 1);
  expect(window.freeAt(2 * TEN_MINUTES, 1)).toBe(3 * TEN_MINUTES + 3 * SECOND);
  expect(window.freeAt(3 * TEN_MINUTES + 3 * SECOND, 1)).toBeNull();
});

it('lets what is larger than itself through once it is empty', () => {
  const window = new SlidingWindow(100, TEN_MINUTES);
  window.sent(1);
  window.wasAnswered(0, 1);
  expect(window.freeAt(0, 400)).toBe(TEN_MINUTES + 3 * SECOND);
  expect(window.freeAt(TEN_MINUTES + 3 * SECOND, 400)).toBeNull();
});
