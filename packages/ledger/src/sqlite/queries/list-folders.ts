import type { FolderRow } from '@mxodus/model';
import { text } from '../../rows/columns.ts';
import { FOLDER_COLUMNS, folderOf } from '../../rows/folder-row.ts';
import type { LedgerFile } from '../ledger-file.ts';

export function listFolders(file: LedgerFile): FolderRow[] {
  const rows = file.all(
    `select ${FOLDER_COLUMNS}, current_mailboxes.address
     from current_mailboxes
     join current_folders on current_folders.mailbox_id = current_mailboxes.id
     join folders on folders.id = current_folders.id
     order by current_mailboxes.address, folders.source`,
  );
  return rows.map((row) => ({ ...folderOf(row), address: text(row, 'address') }));
}
