import { type ExpressionBuilder, type Kysely, sql } from 'kysely';
import type { LedgerSchema } from '../schema.ts';

/** Folders as they are now, with the mailbox they belong to: see LedgerReader. */
export function currentFolders(db: Kysely<LedgerSchema>) {
  return currentMailboxes(db)
    .innerJoin('folders', 'folders.mailbox_id', 'mailboxes.id')
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('folders as later')
            .select(sql.lit(1).as('one'))
            .whereRef('later.mailbox_id', '=', 'folders.mailbox_id')
            .whereRef('later.source', '=', 'folders.source')
            .whereRef('later.opened', '>', 'folders.opened'),
        ),
      ),
    );
}

export function currentMailboxes(db: Kysely<LedgerSchema>) {
  return db.selectFrom('mailboxes').where(isCurrentMailbox);
}

function isCurrentMailbox({ not, exists, selectFrom }: ExpressionBuilder<LedgerSchema, 'mailboxes'>) {
  return not(
    exists(
      selectFrom('mailboxes as later')
        .select(sql.lit(1).as('one'))
        .whereRef('later.address', '=', 'mailboxes.address')
        .whereRef('later.opened', '>', 'mailboxes.opened'),
    ),
  );
}
