import type { Buckets } from '@mxodus/model';

/** The buckets of a folder that did not change since a pass finished it. */
export function bucketsOfUnchanged(before: Buckets): Buckets {
  return { ...before, moved_before: before.moved_before + before.moved_now, moved_now: 0 };
}
