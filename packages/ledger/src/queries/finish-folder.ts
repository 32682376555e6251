import { type Buckets, type FolderStatus, invariant } from '@mxodus/model';
import type { Kysely } from 'kysely';
import type { LedgerSchema } from '../schema.ts';
import { setDestinationUidValidity } from './set-destination-uid-validity.ts';

export async function finishFolder(
  db: Kysely<LedgerSchema>,
  folderId: number,
  state: { status: FolderStatus; buckets: Buckets; destinationUidValidity: number | null },
): Promise<void> {
  const { status, buckets, destinationUidValidity } = state;
  if (destinationUidValidity !== null) await setDestinationUidValidity(db, folderId, destinationUidValidity);
  const { numUpdatedRows } = await db
    .updateTable('folders')
    .set({
      ...buckets,
      messages: status.messages,
      uid_next: status.uidNext,
      highest_modseq: status.highestModseq,
      bytes: status.bytes,
    })
    .where('id', '=', folderId)
    .where('uid_validity', '=', status.uidValidity)
    .executeTakeFirstOrThrow();
  invariant(numUpdatedRows === 1n, `folder ${folderId} with UIDVALIDITY ${status.uidValidity} is not in the ledger`);
}
