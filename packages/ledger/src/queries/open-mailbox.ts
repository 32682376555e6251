import type { MailboxKey } from '@mxodus/model';
import { type Kysely, sql } from 'kysely';
import type { LedgerSchema } from '../schema.ts';

/** Makes the mailbox where it is not there, and the current one of its address. */
export async function openMailbox(db: Kysely<LedgerSchema>, key: MailboxKey): Promise<number> {
  const opened = sql<number>`(select coalesce(max(opened), 0) + 1 from mailboxes)`;
  const { address, source, destination } = key;
  const { id } = await db
    .insertInto('mailboxes')
    .values({ address, source, destination, opened })
    .onConflict((conflict) => conflict.columns(['address', 'source', 'destination']).doUpdateSet({ opened }))
    .returning('id')
    .executeTakeFirstOrThrow();
  return id;
}
