import { invariant, type PassResult } from '@mxodus/model';
import { bucketValues } from '../../rows/buckets.ts';
import type { LedgerFile } from '../ledger-file.ts';
import { SET_BUCKETS } from './bucket-columns.ts';

/** A finished pass waits for nothing. */
export function finishPass(file: LedgerFile, passId: number, result: PassResult & { finishedAt: string }): void {
  file.durably(() => {
    const finished = file.run(
      `update passes set ${SET_BUCKETS}, finished_at = ?, exit_code = ?, source_messages = ?, destination_writes = ?,
         bytes = ?, flags_changed = ?, error = ?, wait_why = null, wait_until = null
       where id = ? and finished_at is null`,
      ...bucketValues(result.buckets),
      result.finishedAt,
      result.exitCode,
      result.sourceMessages,
      result.destinationWrites,
      result.bytes,
      result.flagsChanged,
      result.error,
      passId,
    );
    invariant(finished === 1, `pass ${passId} is not a running pass`);
  });
}
