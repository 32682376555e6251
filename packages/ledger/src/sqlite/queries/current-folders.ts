import type { LedgerFolder } from '@mxodus/model';
import { FOLDER_COLUMNS, folderOf } from '../../rows/folder-row.ts';
import type { LedgerFile } from '../ledger-file.ts';

/** By name. */
export function currentFolders(file: LedgerFile, mailboxId: number): LedgerFolder[] {
  const rows = file.all(
    `select ${FOLDER_COLUMNS} from folders join current_folders on current_folders.id = folders.id
     where folders.mailbox_id = ? order by folders.source`,
    mailboxId,
  );
  return rows.map(folderOf);
}
