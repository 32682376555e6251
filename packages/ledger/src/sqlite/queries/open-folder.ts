import { invariant, type LedgerFolder } from '@mxodus/model';
import { integer } from '../../rows/columns.ts';
import { FOLDER_COLUMNS, folderOf } from '../../rows/folder-row.ts';
import type { LedgerFile } from '../ledger-file.ts';
import { forgetDestinationUids } from './forget-destination-uids.ts';

interface FolderKey {
  source: string;
  uidValidity: number;
  destination: string;
}

/** Writes nothing when the folder is as it was opened last: a pass without changes opens every folder, and each write waits for the disk. */
export function openFolder(file: LedgerFile, mailboxId: number, key: FolderKey): LedgerFolder {
  const values = [mailboxId, key.source, key.uidValidity, key.destination];
  const current = file.get(
    `select ${FOLDER_COLUMNS} from folders join current_folders on current_folders.id = folders.id
     where folders.mailbox_id = ? and folders.source = ? and folders.uid_validity = ? and folders.destination = ?`,
    ...values,
  );
  if (current !== undefined) return folderOf(current);
  return file.durably(() => {
    const elsewhere = file.get(
      'select id from folders where mailbox_id = ? and source = ? and uid_validity = ? and destination <> ?',
      ...values,
    );
    if (elsewhere !== undefined) forgetPlace(file, integer(elsewhere, 'id'));
    const opened = file.get(
      `insert into folders (mailbox_id, source, uid_validity, destination, opened)
       values (?, ?, ?, ?, (select coalesce(max(opened), 0) + 1 from folders))
       on conflict (mailbox_id, source, uid_validity) do update set
         opened = excluded.opened, destination = excluded.destination
       returning ${FOLDER_COLUMNS}`,
      ...values,
    );
    invariant(opened !== undefined, 'an opened folder has a row');
    return folderOf(opened);
  });
}

function forgetPlace(file: LedgerFile, folderId: number): void {
  forgetDestinationUids(file, folderId, null);
  file.run('update folders set destination_uid_validity = null, messages = null where id = ?', folderId);
}
