import { type Buckets, type LedgerMessage, noMessages } from '@mxodus/model';

/**
 * Puts every message that is at the source into its bucket. A message without a row was not reached by this pass: it counts as
 * failed, which the next pass tries again.
 */
export function countBuckets(
  uids: Iterable<number>,
  rows: ReadonlyMap<number, LedgerMessage>,
  passId: number,
): Buckets {
  const buckets = noMessages();
  for (const uid of uids) buckets[bucketOf(rows.get(uid), passId)] += 1;
  return buckets;
}

function bucketOf(row: LedgerMessage | undefined, passId: number): keyof Buckets {
  if (row === undefined) return 'failed';
  switch (row.state) {
    case 'intent':
      return 'in_doubt';
    case 'stored':
      if (row.adopted) return 'already_there';
      return row.passId === passId ? 'moved_now' : 'moved_before';
    case 'cannot':
    case 'failed':
      return row.state;
  }
}

/** The buckets of a folder that did not change since a pass finished it. */
export function bucketsOfUnchanged(before: Buckets): Buckets {
  return { ...before, moved_before: before.moved_before + before.moved_now, moved_now: 0 };
}
