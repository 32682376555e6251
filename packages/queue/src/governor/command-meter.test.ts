import { expect, it } from 'vitest';
import { CommandMeter } from './command-meter.ts';

function meterOf(times: readonly number[]): CommandMeter {
  const meter = new CommandMeter();
  for (const at of times) meter.count(at);
  return meter;
}

const every = (ms: number, from: number, to: number): number[] =>
  Array.from({ length: Math.floor((to - from) / ms) }, (_, index) => from + index * ms);

it.each([
  ['nothing', [], 5000, 0],
  ['one command', [5000], 5000, 1],
  ['a burst of ten', every(1, 5000, 5010), 5010, 10],
  ['twenty a second for four seconds', every(50, 1000, 5000), 5000, 20],
  ['twenty a second for a minute', every(50, 0, 60_000), 60_000, 20],
  ['twenty a second, and silence since', every(50, 0, 60_000), 90_000, 0],
])('measures %s', (_, times, at, expected) => {
  expect(meterOf(times).perSecond(at)).toBeCloseTo(expected, 0);
});

it('forgets', () => {
  const meter = meterOf(every(50, 0, 5000));
  meter.restart();
  expect(meter.perSecond(5000)).toBe(0);
  meter.count(60_000);
  expect(meter.perSecond(60_000)).toBe(1);
});
