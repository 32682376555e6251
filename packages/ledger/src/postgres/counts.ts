import { type Buckets, invariant, type StateCounts } from '@mxodus/model';
import { integer, text } from '../rows/columns.ts';
import type { Database } from './database.ts';

/** Messages of the folder that the source lists. */
export const countListed = (database: Database, folderId: number): Promise<number> =>
  count(database, 'select count(*) as count from messages where folder_id = $1 and gone = 0', folderId);

/** Messages in doubt of a mailbox, over its folders as they are now. */
export const countIntents = (database: Database, mailboxId: number): Promise<number> =>
  count(
    database,
    `select count(*) as count from messages join current_folders on current_folders.id = messages.folder_id
     where current_folders.mailbox_id = $1 and messages.state <> 'stored' and messages.state = 'intent'`,
    mailboxId,
  );

/** Messages that need nothing more of a mailbox, over its folders as they are now. */
export const countSettled = (database: Database, mailboxId: number): Promise<number> =>
  count(
    database,
    `select count(*) as count from messages join current_folders on current_folders.id = messages.folder_id
     where current_folders.mailbox_id = $1 and messages.gone = 0 and messages.state in ('stored', 'cannot')`,
    mailboxId,
  );

/** How many messages of each mailbox are in each state. */
export async function countStates(database: Database): Promise<StateCounts[]> {
  const rows = await database.rows(
    `select current_mailboxes.address,
       count(*) filter (where messages.state = 'stored' and messages.gone = 0) as stored,
       count(*) filter (where messages.state = 'intent') as intent,
       count(*) filter (where messages.state = 'cannot') as cannot,
       count(*) filter (where messages.state = 'failed') as failed
     from current_mailboxes
     join current_folders on current_folders.mailbox_id = current_mailboxes.id
     left join messages on messages.folder_id = current_folders.id
     group by current_mailboxes.address
     order by current_mailboxes.address`,
  );
  return rows.map((row) => ({
    address: text(row, 'address'),
    stored: integer(row, 'stored'),
    intent: integer(row, 'intent'),
    cannot: integer(row, 'cannot'),
    failed: integer(row, 'failed'),
  }));
}

/** By bucket, of the messages the source lists; those of `passId` are moved_now. */
export async function countBuckets(database: Database, folderId: number, passId: number): Promise<Buckets> {
  const row = await database.row(
    `select
       count(*) filter (where state = 'stored' and gone = 0 and adopted = 1) as found,
       count(*) filter (where state = 'stored' and gone = 0 and adopted = 0 and pass_id = $2) as sent,
       count(*) filter (where state = 'stored' and gone = 0) as stored,
       count(*) filter (where state = 'intent') as in_doubt,
       count(*) filter (where state = 'cannot') as cannot,
       count(*) filter (where state = 'failed') as failed
     from messages where folder_id = $1`,
    [folderId, passId],
  );
  invariant(row !== undefined, 'a count has a row');
  const [found, sent] = [integer(row, 'found'), integer(row, 'sent')];
  return {
    already_there: found,
    moved_before: integer(row, 'stored') - found - sent,
    moved_now: sent,
    cannot: integer(row, 'cannot'),
    failed: integer(row, 'failed'),
    in_doubt: integer(row, 'in_doubt'),
    excluded: 0,
  };
}

async function count(database: Database, sql: string, id: number): Promise<number> {
  const row = await database.row(sql, [id]);
  invariant(row !== undefined, 'a count has a row');
  return integer(row, 'count');
}
