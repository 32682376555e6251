import type { LedgerFile } from '../ledger-file.ts';

/**
 * Destination UIDs, and what was counted there, mean nothing once the destination folder is another one or has another UIDVALIDITY.
 * Part of a transaction.
 *
 * @param floor from where those that had a UID or a floor are looked for; null: they are not, they were not moved along.
 */
export function forgetDestinationUids(file: LedgerFile, folderId: number, floor: number | null): void {
  file.run(
    `update messages set destination_uid = null, floor = ?2
     where folder_id = ?1 and (destination_uid is not null or floor is not null)`,
    folderId,
    floor,
  );
  file.run('update folders set destination_uid_next = null, destination_messages = null where id = ?', folderId);
}
