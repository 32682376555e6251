import { MxodusError } from '@mxodus/model';

/** Redis did not answer, or would not: there is something else to do then, and no other error is passed over. */
export const isAway = (error: unknown): boolean =>
  error instanceof MxodusError && (error.code === 'QUEUE_UNREACHABLE' || error.code === 'QUEUE_REFUSED');
