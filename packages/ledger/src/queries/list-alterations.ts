import type { AlterationRow } from '@mxodus/model';
import type { Kysely } from 'kysely';
import type { LedgerSchema } from '../schema.ts';
import { currentFolders } from './current.ts';

export async function listAlterations(db: Kysely<LedgerSchema>): Promise<AlterationRow[]> {
  const rows = await currentFolders(db)
    .innerJoin('alterations', 'alterations.folder_id', 'folders.id')
    .select(['mailboxes.address', 'folders.source as folder', 'alterations.uid', 'alterations.what', 'alterations.why'])
    .orderBy('mailboxes.address')
    .orderBy('folders.source')
    .orderBy('alterations.uid')
    .orderBy('alterations.what')
    .execute();
  return rows.map(({ uid, ...row }) => ({ ...row, uid: uid === 0 ? null : uid }));
}
