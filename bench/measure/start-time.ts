import type { Tool } from '../tools/tool.ts';
import { median } from './median.ts';
import { timed } from './timed.ts';

const TIMES = 5;

/** Seconds a tool takes to start and end without doing anything: the median of five, after one that does not count. */
export async function startTime({ doNothing }: Tool): Promise<number> {
  await timed(doNothing);
  const seconds: number[] = [];
  for (let time = 0; time < TIMES; time += 1) seconds.push((await timed(doNothing)).seconds);
  return median(seconds);
}
