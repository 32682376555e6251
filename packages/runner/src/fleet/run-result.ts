import { EXIT, MxodusError, noMessages, type Run, type RunTask, type TaskMailbox, worstExitCode } from '@mxodus/model';
import type { MailboxResult } from '../sync/sync-mailbox.ts';
import { type SyncResult, sumOf } from '../sync/sync-plan.ts';

/** What a run came to, as a sync by one process would tell it. `now`: for how long one that is not over has been under way. */
export function runResult(run: Run, tasks: readonly RunTask[], now: Date): SyncResult {
  const mailboxes = tasks.flatMap((task) => task.mailboxes).map(resultOf);
  return {
    ...sumOf(mailboxes),
    exitCode: run.state === 'cancelled' ? EXIT.interrupted : worstExitCode(mailboxes.map(({ exitCode }) => exitCode)),
    durationMs: new Date(run.endedAt ?? now).getTime() - new Date(run.orderedAt).getTime(),
    mailboxes,
  };
}

/** Whose part of what is settled a mailbox that has not ended owes to this run is not known: it counts as moved before. */
function resultOf({ address, result, progress }: TaskMailbox): MailboxResult {
  if (result === null) {
    const { settled = 0, messages = 0, destinationWrites = 0, bytes = 0, flagsChanged = 0 } = progress ?? {};
    const buckets = { ...noMessages(), moved_before: settled, failed: Math.max(0, messages - settled) };
    return {
      ...{ address, exitCode: EXIT.interrupted, sourceMessages: settled + buckets.failed, buckets },
      ...{ destinationWrites, bytes, flagsChanged, error: null },
    };
  }
  const { error, ...counts } = result;
  if (error === null) return { address, ...counts, error };
  const { code, where, ...words } = error;
  return { address, ...counts, error: new MxodusError(code, { ...words, ...(where === null ? {} : { where }) }) };
}
