import type { LedgerFolder } from '@mxodus/model';
import { FOLDER_COLUMNS, folderOf } from '../../rows/folder-row.ts';
import type { LedgerFile } from '../ledger-file.ts';

export function earlierFolder(file: LedgerFile, folderId: number): LedgerFolder | null {
  const row = file.get(
    `select ${FOLDER_COLUMNS} from folders
     join folders as later on later.id = ? and later.mailbox_id = folders.mailbox_id and later.source = folders.source
     where folders.opened < later.opened
     order by folders.opened desc limit 1`,
    folderId,
  );
  return row === undefined ? null : folderOf(row);
}
