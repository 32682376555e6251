import { type Buckets, invariant, type StateCounts } from '@mxodus/model';
import { integer, text } from '../../rows/columns.ts';
import type { LedgerFile, Row } from '../ledger-file.ts';

// Nearly every row of a large folder is stored and listed, so those are found by taking the others away: counting rows is quicker
// than reading columns, and the others have partial indexes (500,000 rows: 45 ms instead of 115 ms). For a partial index its
// condition has to be in the statement word for word.
const rows = (folder: string): string => `(select count(*) from messages where folder_id = ${folder})`;
const gone = (folder: string): string => `(select count(*) from messages where folder_id = ${folder} and gone = 1)`;
const notStored = (folder: string, state: string): string =>
  `(select count(*) from messages where folder_id = ${folder} and state <> 'stored' and state = '${state}')`;

/** Messages of the folder that the source lists. */
export const countListed = (file: LedgerFile, folderId: number): number =>
  count(file.get(`select ${rows('?1')} - ${gone('?1')} as count`, folderId));

/** Messages in doubt of a mailbox, over its folders as they are now. */
export const countIntents = (file: LedgerFile, mailboxId: number): number =>
  count(
    file.get(
      `select coalesce(sum(${notStored('id', 'intent')}), 0) as count from current_folders where mailbox_id = ?`,
      mailboxId,
    ),
  );

/** Messages that need nothing more of a mailbox, over its folders as they are now. */
export const countSettled = (file: LedgerFile, mailboxId: number): number =>
  count(
    file.get(
      `select coalesce(sum(${rows('id')} - ${gone('id')} - ${notStored('id', 'intent')} - ${notStored('id', 'failed')}), 0)
         as count
       from current_folders where mailbox_id = ?`,
      mailboxId,
    ),
  );

/** How many messages of each mailbox are in each state. */
export function countStates(file: LedgerFile): StateCounts[] {
  const counts = file.all(
    `select current_mailboxes.address,
       sum(${rows('current_folders.id')} - ${gone('current_folders.id')}) as listed,
       sum(${notStored('current_folders.id', 'intent')}) as intent,
       sum(${notStored('current_folders.id', 'cannot')}) as cannot,
       sum(${notStored('current_folders.id', 'failed')}) as failed
     from current_mailboxes join current_folders on current_folders.mailbox_id = current_mailboxes.id
     group by current_mailboxes.address
     order by current_mailboxes.address`,
  );
  return counts.map((row) => {
    const others = { intent: integer(row, 'intent'), cannot: integer(row, 'cannot'), failed: integer(row, 'failed') };
    const stored = integer(row, 'listed') - others.intent - others.cannot - others.failed;
    return { address: text(row, 'address'), stored, ...others };
  });
}

/** By bucket, of the messages the source lists; those of `passId` are moved_now. */
export function countBuckets(file: LedgerFile, folderId: number, passId: number): Buckets {
  const stored = file.get(
    `select count(*) as count, coalesce(sum(adopted = 1), 0) as found,
       coalesce(sum(adopted = 0 and pass_id = ?2), 0) as sent
     from messages where folder_id = ?1 and state = 'stored' and gone = 0`,
    folderId,
    passId,
  );
  const others = file.get(
    `select ${notStored('?1', 'intent')} as in_doubt, ${notStored('?1', 'cannot')} as cannot,
       ${notStored('?1', 'failed')} as failed`,
    folderId,
  );
  invariant(stored !== undefined && others !== undefined, 'a count has a row');
  const [found, sent] = [integer(stored, 'found'), integer(stored, 'sent')];
  return {
    already_there: found,
    moved_before: integer(stored, 'count') - found - sent,
    moved_now: sent,
    cannot: integer(others, 'cannot'),
    failed: integer(others, 'failed'),
    in_doubt: integer(others, 'in_doubt'),
    excluded: 0,
  };
}

function count(row: Row | undefined): number {
  invariant(row !== undefined, 'a count has a row');
  return integer(row, 'count');
}
