import type { AlterationRow } from '@mxodus/model';
import { integer, text } from '../../rows/columns.ts';
import type { LedgerFile } from '../ledger-file.ts';

export function listAlterations(file: LedgerFile): AlterationRow[] {
  const rows = file.all(
    `select current_mailboxes.address, current_folders.source, alterations.uid, alterations.what, alterations.why
     from current_mailboxes
     join current_folders on current_folders.mailbox_id = current_mailboxes.id
     join alterations on alterations.folder_id = current_folders.id
     order by current_mailboxes.address, current_folders.source, alterations.uid, alterations.what`,
  );
  return rows.map((row) => ({
    address: text(row, 'address'),
    folder: text(row, 'source'),
    uid: integer(row, 'uid') || null,
    what: text(row, 'what'),
    why: text(row, 'why'),
  }));
}
