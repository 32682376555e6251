import type { LedgerFolder } from '@mxodus/model';
import { type Kysely, sql } from 'kysely';
import type { LedgerSchema } from '../schema.ts';
import { FOLDER_COLUMNS, folderOf } from './folder-row.ts';
import { forgetDestinationUids } from './forget-destination-uids.ts';

export async function openFolder(
  db: Kysely<LedgerSchema>,
  mailboxId: number,
  key: { source: string; uidValidity: number; destination: string },
): Promise<LedgerFolder> {
  const elsewhere = db
    .selectFrom('folders')
    .select('id')
    .where('mailbox_id', '=', mailboxId)
    .where('source', '=', key.source)
    .where('uid_validity', '=', key.uidValidity)
    .where('destination', '<>', key.destination);
  // Before the name changes: when this process dies in between, the next one does both again.
  await forgetDestinationUids(db, elsewhere);

  const opened = sql<number>`(select coalesce(max(opened), 0) + 1 from folders)`;
  const onlyHere = <T>(column: ReturnType<typeof sql.ref>) =>
    sql<T | null>`case when folders.destination = excluded.destination then ${column} end`;
  const row = await db
    .insertInto('folders')
    .values({
      mailbox_id: mailboxId,
      source: key.source,
      uid_validity: key.uidValidity,
      destination: key.destination,
      opened,
    })
    .onConflict((conflict) =>
      conflict.columns(['mailbox_id', 'source', 'uid_validity']).doUpdateSet({
        opened,
        destination: key.destination,
        destination_uid_validity: onlyHere<number>(sql.ref('folders.destination_uid_validity')),
        messages: onlyHere<number>(sql.ref('folders.messages')),
      }),
    )
    .returning(FOLDER_COLUMNS)
    .executeTakeFirstOrThrow();
  return folderOf(row);
}
