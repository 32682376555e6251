import type { Kysely, SelectQueryBuilder } from 'kysely';
import type { LedgerSchema } from '../schema.ts';

/** UIDs and floors mean nothing once the destination folder is another one, or has another UIDVALIDITY. */
export async function forgetDestinationUids(
  db: Kysely<LedgerSchema>,
  folderIds: SelectQueryBuilder<LedgerSchema, 'folders', { id: number }>,
): Promise<void> {
  await db
    .updateTable('messages')
    .set({ destination_uid: null, floor: null })
    .where('folder_id', 'in', folderIds)
    .where(({ or, eb }) => or([eb('destination_uid', 'is not', null), eb('floor', 'is not', null)]))
    .execute();
}
