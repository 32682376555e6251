import {
  type AlterationRow,
  type FolderRow,
  invariant,
  type LedgerReader,
  type MovedMessage,
  type NotMovedRow,
  noMessages,
  type PassRow,
  type WaitRow,
} from '@mxodus/model';
import { bucketsOf } from '../rows/buckets.ts';
import { integer, integerOrNull, text, textOrNull } from '../rows/columns.ts';
import { FOLDER_COLUMNS, folderOf } from '../rows/folder-row.ts';
import { HOW_STORED } from '../rows/how-stored.ts';
import { countStates } from './counts.ts';
import type { Database } from './database.ts';
import { stateOf } from './messages/read-messages.ts';

/** @param close what closing it does */
export function ledgerReader(database: Database, close: () => Promise<void>): LedgerReader {
  return {
    lastPasses: () => listPasses(database),
    folders: () => listFolders(database),
    counts: () => countStates(database),
    alterations: () => listAlterations(database),
    notMoved: () => listNotMoved(database),
    waits: () => listWaits(database),
    movedBy: (passes) => listMovedBy(database, passes),
    close,
  };
}

/** For each mailbox the last pass, and the last complete one (finished, no error) where that is another; oldest first. */
async function listPasses(database: Database): Promise<PassRow[]> {
  const rows = await database.rows(
    `select passes.*, current_mailboxes.address
     from current_mailboxes
     join passes on passes.id in (
       (select max(id) from passes where mailbox_id = current_mailboxes.id),
       (select id from passes
        where mailbox_id = current_mailboxes.id and finished_at is not null and error is null
        order by id desc limit 1))
     order by passes.id`,
  );
  return rows.map((row) => ({
    id: integer(row, 'id'),
    address: text(row, 'address'),
    kind: text(row, 'kind'),
    startedAt: text(row, 'started_at'),
    finishedAt: textOrNull(row, 'finished_at'),
    exitCode: integerOrNull(row, 'exit_code') ?? 0,
    sourceMessages: integerOrNull(row, 'source_messages') ?? 0,
    buckets: bucketsOf(row) ?? noMessages(),
    destinationWrites: integerOrNull(row, 'destination_writes') ?? 0,
    bytes: integerOrNull(row, 'bytes') ?? 0,
    flagsChanged: integerOrNull(row, 'flags_changed') ?? 0,
    error: textOrNull(row, 'error'),
  }));
}

async function listFolders(database: Database): Promise<FolderRow[]> {
  const rows = await database.rows(
    `select ${FOLDER_COLUMNS}, current_mailboxes.address
     from current_mailboxes
     join current_folders on current_folders.mailbox_id = current_mailboxes.id
     join folders on folders.id = current_folders.id
     order by current_mailboxes.address, folders.source`,
  );
  return rows.map((row) => ({ ...folderOf(row), address: text(row, 'address') }));
}

async function listAlterations(database: Database): Promise<AlterationRow[]> {
  const rows = await database.rows(
    `select current_mailboxes.address, current_folders.source, alterations.uid, alterations.what, alterations.why
     from current_mailboxes
     join current_folders on current_folders.mailbox_id = current_mailboxes.id
     join alterations on alterations.folder_id = current_folders.id
     order by current_mailboxes.address, current_folders.source, alterations.uid, alterations.what`,
  );
  return rows.map((row) => ({
    address: text(row, 'address'),
    folder: text(row, 'source'),
    uid: integer(row, 'uid') || null,
    what: text(row, 'what'),
    why: text(row, 'why'),
  }));
}

async function listNotMoved(database: Database): Promise<NotMovedRow[]> {
  const rows = await database.rows(
    `select current_mailboxes.address, current_folders.source,
       messages.uid, messages.state, messages.bytes, messages.reason
     from current_mailboxes
     join current_folders on current_folders.mailbox_id = current_mailboxes.id
     join messages on messages.folder_id = current_folders.id
     where messages.state <> 'stored'
     order by current_mailboxes.address, current_folders.source, messages.uid`,
  );
  return rows.map((row) => {
    const state = stateOf(text(row, 'state'));
    invariant(state !== 'stored', 'what is stored is moved');
    return {
      address: text(row, 'address'),
      folder: text(row, 'source'),
      uid: integer(row, 'uid'),
      state,
      bytes: integer(row, 'bytes'),
      reason: textOrNull(row, 'reason'),
    };
  });
}

async function listWaits(database: Database): Promise<WaitRow[]> {
  const rows = await database.rows(
    `select current_mailboxes.address, passes.wait_why, passes.wait_until
     from current_mailboxes
     join passes on passes.id = (select max(id) from passes where mailbox_id = current_mailboxes.id)
     where passes.finished_at is null and passes.wait_why is not null
     order by current_mailboxes.address`,
  );
  return rows.map((row) => ({
    address: text(row, 'address'),
    why: text(row, 'wait_why'),
    until: textOrNull(row, 'wait_until'),
  }));
}

/** As MOVED_BY of the SQLite ledger: what these passes sent is the end of each folder, so only that is read. */
const MOVED_BY = `
  with begun as (
    select id, address,
      coalesce((select passes.id from passes where mailbox_id = current_mailboxes.id and started_at < $1
        order by passes.id desc limit 1), 0) as before
    from current_mailboxes),
  busy as materialized (
    select id, address, before,
      coalesce((select passes.id from passes where mailbox_id = begun.id and passes.id <= before
          and kind <> all($2::text[])
        order by passes.id desc limit 1), 0) as base
    from begun
    where exists (
      select 1 from passes where mailbox_id = begun.id and passes.id > before and kind = any($2::text[])
        and (finished_at is null or error is not null or moved_now > 0))),
  ends as materialized (
    select busy.id, busy.address, busy.before, folders.id as folder_id, folders.source, folders.uid_validity,
      coalesce((select uid from messages where folder_id = folders.id and pass_id <= busy.base
        order by uid desc limit 1), 0) as known
    from busy join folders on folders.mailbox_id = busy.id)
  select ends.address, ends.source, ends.uid_validity, messages.uid, messages.internal_date
  from ends
  join messages on messages.folder_id = ends.folder_id and messages.uid > ends.known
  join passes on passes.id = messages.pass_id
  where messages.pass_id > ends.before and messages.state = 'stored' and messages.adopted = ${HOW_STORED.sent}
    and passes.kind = any($2::text[])
  order by ends.address, ends.source, ends.folder_id, messages.uid`;

async function listMovedBy(
  database: Database,
  { kinds, since }: { kinds: readonly string[]; since: number },
): Promise<MovedMessage[]> {
  const rows = await database.rows(MOVED_BY, [new Date(since).toISOString(), kinds]);
  return rows.map((row) => ({
    address: text(row, 'address'),
    folder: text(row, 'source'),
    uidValidity: integer(row, 'uid_validity'),
    uid: integer(row, 'uid'),
    internalDate: integerOrNull(row, 'internal_date'),
  }));
}
