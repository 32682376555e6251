import type { WaitRow } from '@mxodus/model';
import { text, textOrNull } from '../../rows/columns.ts';
import type { LedgerFile } from '../ledger-file.ts';

export function listWaits(file: LedgerFile): WaitRow[] {
  const rows = file.all(
    `select current_mailboxes.address, passes.wait_why, passes.wait_until
     from current_mailboxes
     join passes on passes.id = (select max(id) from passes where mailbox_id = current_mailboxes.id)
     where passes.finished_at is null and passes.wait_why is not null
     order by current_mailboxes.address`,
  );
  return rows.map((row) => ({
    address: text(row, 'address'),
    why: text(row, 'wait_why'),
    until: textOrNull(row, 'wait_until'),
  }));
}
