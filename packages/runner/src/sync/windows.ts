import type { UidRange } from '@mxodus/model';

/** Rows that are looked at together: what bounds the memory of a look at a folder of any size. */
const ROWS = 20_000;

/**
 * The UIDs of a folder in ranges of about 20,000 messages, the newest first. `to the end` leaves the first range open, for what
 * arrives in between.
 */
export function* windows(
  { uidNext, messages }: { uidNext: number; messages: number },
  end?: 'to the end',
): Generator<UidRange> {
  const highest = Math.max(1, uidNext - 1);
  // UIDs have gaps: wider ranges then hold as many rows.
  const span = Math.max(ROWS, Math.ceil((highest / Math.max(1, messages)) * ROWS));
  for (let to = highest; to >= 1; to -= span) {
    const from = Math.max(1, to - span + 1);
    yield to === highest && end === 'to the end' ? { from } : { from, to };
  }
}
