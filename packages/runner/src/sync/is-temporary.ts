import { EXIT, MxodusError } from '@mxodus/model';

/** Over when the connection is made anew, or the server had its pause. */
export const isTemporary = (error: unknown): boolean =>
  error instanceof MxodusError && error.exitCode === EXIT.temporary && error.code !== 'DISK_FULL';
