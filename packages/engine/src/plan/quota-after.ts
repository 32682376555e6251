import type { Quota } from '@mxodus/model';

export interface Move {
  /** null: the destination states no quota. */
  quota: Quota | null;
  /** What the destination's folders hold now. */
  destinationBytes: number;
  /** What is to move, without what is there already. */
  movingBytes: number;
}

/** Used space at the destination after the move, as far as it is known. */
export const quotaAfter = ({ quota, destinationBytes, movingBytes }: Move): number =>
  (quota?.usedBytes ?? destinationBytes) + movingBytes;

/** A quota that is not stated, or has no limit, is not in the way. */
export const fits = (quota: Pick<Quota, 'limitBytes'> | null, bytesAfter: number): boolean =>
  quota === null || quota.limitBytes === null || bytesAfter <= quota.limitBytes;
