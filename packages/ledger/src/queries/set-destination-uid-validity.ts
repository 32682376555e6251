import { invariant } from '@mxodus/model';
import type { Kysely } from 'kysely';
import type { LedgerSchema } from '../schema.ts';
import { forgetDestinationUids } from './forget-destination-uids.ts';

export async function setDestinationUidValidity(
  db: Kysely<LedgerSchema>,
  folderId: number,
  uidValidity: number,
): Promise<void> {
  const changed = db
    .selectFrom('folders')
    .select('id')
    .where('id', '=', folderId)
    .where('destination_uid_validity', 'is not', null)
    .where('destination_uid_validity', '<>', uidValidity);
  await forgetDestinationUids(db, changed);
  const { numUpdatedRows } = await db
    .updateTable('folders')
    .set({ destination_uid_validity: uidValidity })
    .where('id', '=', folderId)
    .executeTakeFirstOrThrow();
  invariant(numUpdatedRows === 1n, `there is no folder ${folderId} in the ledger`);
}
