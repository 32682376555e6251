import { invariant, type NotMovedRow } from '@mxodus/model';
import type { Kysely } from 'kysely';
import type { LedgerSchema } from '../schema.ts';
import { currentFolders } from './current.ts';

export async function listNotMoved(db: Kysely<LedgerSchema>): Promise<NotMovedRow[]> {
  const rows = await currentFolders(db)
    .innerJoin('messages', 'messages.folder_id', 'folders.id')
    .where('messages.state', '<>', 'stored')
    .select(['mailboxes.address', 'folders.source as folder'])
    .select(['messages.uid', 'messages.state', 'messages.bytes', 'messages.reason'])
    .orderBy('mailboxes.address')
    .orderBy('folders.source')
    .orderBy('messages.uid')
    .execute();
  return rows.map(({ state, ...row }) => {
    invariant(state !== 'stored', 'a stored message is not listed as not moved');
    return { ...row, state };
  });
}
