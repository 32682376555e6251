import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { SliceClock } from './slice-clock.ts';

const NOW = new Date('2026-12-05T20:00:00Z');
const inMs = (ms: number): string => new Date(NOW.getTime() + ms).toISOString();

it('a slice whose time is up ends with the next that is sent, and not before', async () => {
  const clock = new SliceClock(1, []);
  await pause(20);
  expect(clock.signal.aborted).toBe(false);
  clock.gotOn();
  expect(clock.signal.aborted).toBe(true);
  expect(clock.restMs(NOW)).toBe(0);
  const early = new SliceClock(60_000, []);
  early.gotOn();
  expect(early.signal.aborted).toBe(false);
  early.stop();
});

it('one that waits for a server ends when its time is up, and comes back when it makes sense', async () => {
  const clock = new SliceClock(1, []);
  clock.waits({ why: 'throttled', until: inMs(20_000) });
  await expect.poll(() => clock.signal.aborted).toBe(true);
  expect(clock.restMs(NOW)).toBe(20_000);
  clock.waits({ why: 'the budget of the day is spent', until: inMs(9 * 3_600_000) });
  expect(clock.restMs(NOW)).toBe(60_000);
});

it('one that sent nothing yet bears with a server that asks for less than a minute', async () => {
  const clock = new SliceClock(1, []);
  clock.waits({ why: 'throttled', until: new Date(Date.now() + 5000).toISOString() });
  await pause(30);
  expect(clock.signal.aborted).toBe(false);
  clock.waits(null);
  clock.gotOn();
  expect(clock.signal.aborted).toBe(true);
  clock.stop();
});

it('gives its place back where a server is waited for longer than it lasts', () => {
  const clock = new SliceClock(60_000, []);
  const from = (ms: number): string => new Date(Date.now() + ms).toISOString();
  clock.waits({ why: 'a connection is not free', until: null });
  clock.waits({ why: 'throttled', until: from(5000) });
  expect(clock.signal.aborted).toBe(false);
  clock.waits({ why: 'the budget of the day is spent', until: from(9 * 3_600_000) });
  expect(clock.signal.aborted).toBe(true);
  clock.stop();
});

it('ends at once, with its reason, when another signal aborts', () => {
  const stop = new AbortController();
  const clock = new SliceClock(60_000, [stop.signal]);
  stop.abort('stopped');
  expect(clock.signal.reason).toBe('stopped');
  clock.stop();
});
