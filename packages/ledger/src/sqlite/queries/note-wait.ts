import type { Wait } from '@mxodus/model';
import type { LedgerFile } from '../ledger-file.ts';

/** Kept with the running pass: a wait that ends after it, or of a dry run, which has none, is nobody's. */
export function noteWait(file: LedgerFile, mailboxId: number, wait: Wait | null): void {
  file.soon(() =>
    file.run(
      `update passes set wait_why = ?, wait_until = ?
       where id = (select max(id) from passes where mailbox_id = ?) and finished_at is null`,
      wait?.why ?? null,
      wait?.until ?? null,
      mailboxId,
    ),
  );
}
