import type { FolderRow } from '@mxodus/model';
import type { Kysely } from 'kysely';
import type { LedgerSchema } from '../schema.ts';
import { currentFolders } from './current.ts';
import { FOLDER_COLUMNS, folderOf } from './folder-row.ts';

export async function listFolders(db: Kysely<LedgerSchema>): Promise<FolderRow[]> {
  const rows = await currentFolders(db)
    .select(FOLDER_COLUMNS)
    .select('mailboxes.address')
    .orderBy('mailboxes.address')
    .orderBy('folders.source')
    .execute();
  return rows.map((row) => ({ ...folderOf(row), address: row.address }));
}
