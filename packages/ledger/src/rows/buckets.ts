import type { Buckets } from '@mxodus/model';
import { integer, type Row } from './columns.ts';

/** In the order of the columns already_there, moved_before, moved_now, cannot, failed, in_doubt, excluded. */
export const bucketValues = (buckets: Buckets): number[] => [
  buckets.already_there,
  buckets.moved_before,
  buckets.moved_now,
  buckets.cannot,
  buckets.failed,
  buckets.in_doubt,
  buckets.excluded,
];

/** null: no buckets yet. */
export function bucketsOf(row: Row): Buckets | null {
  if (row.already_there === null) return null;
  return {
    already_there: integer(row, 'already_there'),
    moved_before: integer(row, 'moved_before'),
    moved_now: integer(row, 'moved_now'),
    cannot: integer(row, 'cannot'),
    failed: integer(row, 'failed'),
    in_doubt: integer(row, 'in_doubt'),
    excluded: integer(row, 'excluded'),
  };
}
