import { type ErrorCode, EXIT, MxodusError } from '@mxodus/model';

/** Trouble of this process, or of what it shares with others: connections made anew do not help. */
const NOT_OF_A_SERVER: ReadonlySet<ErrorCode> = new Set(['DISK_FULL', 'LEASE_LOST', 'LEDGER_UNREACHABLE']);

/** Over when the connection is made anew, or the server had its pause. */
export const isTemporary = (error: unknown): boolean =>
  error instanceof MxodusError && error.exitCode === EXIT.temporary && !NOT_OF_A_SERVER.has(error.code);

/** Nothing more may, or can, be written down: the pass ends where it is. */
export const endsAtOnce = (error: unknown): boolean =>
  error instanceof MxodusError && (error.code === 'LEASE_LOST' || error.code === 'LEDGER_UNREACHABLE');
