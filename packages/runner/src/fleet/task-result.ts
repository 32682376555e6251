import { type MailboxProgress, MxodusError, noMessages, type TaskResult } from '@mxodus/model';
import type { MailboxResult } from '../sync/sync-mailbox.ts';

export const taskResult = ({ address: _, error, ...counts }: MailboxResult): TaskResult => ({
  ...counts,
  error: error === null ? null : errorWords(error),
});

/** Of a mailbox whose pass could not be begun, or not be counted. */
export function failedResult(error: unknown, progress: MailboxProgress | null): TaskResult {
  const known =
    error instanceof MxodusError
      ? error
      : new MxodusError('UNEXPECTED', {
          what: error instanceof Error ? error.message : String(error),
          why: 'this is a bug in mxodus; the ledger is safe',
          advice: "please report it with the worker's log; the same sync command orders the rest",
        });
  const { destinationWrites = 0, bytes = 0, flagsChanged = 0 } = progress ?? {};
  return {
    ...{ exitCode: known.exitCode, sourceMessages: 0, buckets: noMessages() },
    ...{ destinationWrites, bytes, flagsChanged, error: errorWords(known) },
  };
}

const errorWords = ({ code, what, why, advice, where }: MxodusError): TaskResult['error'] => ({
  ...{ code, what, why, advice },
  where: where ?? null,
});
