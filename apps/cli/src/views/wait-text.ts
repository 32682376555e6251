import type { Wait } from '@mxodus/model';
import { clockTime } from '../output/figures.ts';

/** "waiting until 14:32 CET, because old asked ann for a pause: ...", in local time. */
export function waitText({ why, until }: Wait, now: Date): string {
  const end = until === null ? null : new Date(until);
  // An end that has passed says nothing: what was waited for is about to go on.
  const when = end === null || end <= now ? '' : ` until ${clockTime(end, now)}`;
  return `waiting${when}, because ${why}`;
}
