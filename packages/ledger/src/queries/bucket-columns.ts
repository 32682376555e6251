import { type Buckets, bucketsSchema } from '@mxodus/model';

/** null: no buckets yet. */
export function bucketsOf(row: { [K in keyof Buckets]: number | null }): Buckets | null {
  const { already_there, moved_before, moved_now, cannot, failed, in_doubt, excluded } = row;
  if (already_there === null) return null;
  return bucketsSchema.parse({ already_there, moved_before, moved_now, cannot, failed, in_doubt, excluded });
}
