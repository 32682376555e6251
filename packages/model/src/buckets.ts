import { z } from 'zod';

/** Where the source messages ended up. Every source message is in exactly one. */
export const bucketsSchema = z.strictObject({
  already_there: z.int().describe('found at the destination, put there by something else'),
  moved_before: z.int().describe('moved by an earlier pass'),
  moved_now: z.int().describe('moved by this pass'),
  cannot: z.int().describe('refused for good by the rules the destination states'),
  failed: z.int().describe('refused or unreadable today; tried again by the next pass'),
  in_doubt: z.int().describe('sent, and the answer never came; looked up by the next pass'),
  excluded: z.int().describe('left out by the config'),
});

export type Buckets = z.output<typeof bucketsSchema>;

export const noMessages = (): Buckets => ({
  already_there: 0,
  moved_before: 0,
  moved_now: 0,
  cannot: 0,
  failed: 0,
  in_doubt: 0,
  excluded: 0,
});

export const sumOfBuckets = (buckets: Buckets): number => Object.values(buckets).reduce((sum, count) => sum + count, 0);

export function addBuckets(a: Buckets, b: Buckets): Buckets {
  return {
    already_there: a.already_there + b.already_there,
    moved_before: a.moved_before + b.moved_before,
    moved_now: a.moved_now + b.moved_now,
    cannot: a.cannot + b.cannot,
    failed: a.failed + b.failed,
    in_doubt: a.in_doubt + b.in_doubt,
    excluded: a.excluded + b.excluded,
  };
}
