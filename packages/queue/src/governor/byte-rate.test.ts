import { expect, it } from 'vitest';
import { ByteRate } from './byte-rate.ts';

/** mulberry32: the same numbers for the same seed. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

it('lets one second’s worth go at once, and the rest at the rate', () => {
  const rate = new ByteRate(1000, 0);
  const went: number[] = [];
  for (let at = 0; went.length < 6; ) {
    at = rate.freeAt(at, 500);
    rate.take(at, 500);
    went.push(at);
  }
  expect(went).toEqual([0, 0, 500, 1000, 1500, 2000]);
});

it('lets a message larger than the bucket go when the bucket is full, and holds the next until its debt is paid', () => {
  const rate = new ByteRate(1000, 0);
  rate.take(0, 1000);
  expect(rate.freeAt(0, 60_000)).toBe(1000);
  rate.take(1000, 60_000);
  expect(rate.freeAt(1000, 1)).toBe(60_001);
});

it('pays for what crossed without being asked for', () => {
  const rate = new ByteRate(1000, 0);
  rate.take(0, 5000);
  expect([rate.freeAt(0, 0), rate.freeAt(0, 1), rate.freeAt(0, 1, 2000)]).toEqual([4000, 4001, 6001]);
});

const PER_SECOND = 10_000;
const LARGEST = 200_000;
const schedules = Array.from({ length: 20 }, (_, index) => index + 1);

/** Asks and rows that crossed unasked, mixed; who lets a row cross waits until the rate has caught up, as a reader does. */
function play(seed: number, idle: number): { at: number; bytes: number }[] {
  const next = random(seed);
  const rate = new ByteRate(PER_SECOND, 0);
  const log: { at: number; bytes: number }[] = [];
  let at = 0;
  for (let n = 0; n < 400; n += 1) {
    if (next() < idle) at += next() * 20_000;
    const bytes = Math.ceil(next() * (next() < 0.1 ? LARGEST : 2000));
    at = Math.max(at, rate.freeAt(at, next() < 0.3 ? 0 : bytes));
    rate.take(at, bytes);
    log.push({ at, bytes });
  }
  return log;
}

it.each(schedules)('never exceeds rate x window + burst + one message in any window (schedule %d)', (seed) => {
  const log = play(seed, 0.1);
  let excess = Number.NEGATIVE_INFINITY;
  for (const [index, from] of log.entries()) {
    let sum = 0;
    for (const { at, bytes } of log.slice(index)) {
      sum += bytes;
      excess = Math.max(excess, sum - bytes - (PER_SECOND * (at - from.at)) / 1000 - PER_SECOND);
    }
  }
  // Without the last message of the window there is nothing above rate and burst; 1: rounding.
  expect(excess).toBeLessThan(1);
});

it.each(schedules)('is exact on average while somebody always wants more (schedule %d)', (seed) => {
  const log = play(seed, 0);
  const last = log.at(-1) ?? { at: 0, bytes: 0 };
  const sum = log.reduce((total, { bytes }) => total + bytes, 0) - last.bytes;
  expect(Math.abs(sum - (PER_SECOND * last.at) / 1000)).toBeLessThanOrEqual(PER_SECOND + LARGEST);
});
