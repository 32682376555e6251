import {
  type FolderStatus,
  invariant,
  type LedgerFolder,
  type MailboxKey,
  type PassResult,
  type Wait,
} from '@mxodus/model';
import { bucketValues } from '../rows/buckets.ts';
import { integer, integerOrNull, type Row } from '../rows/columns.ts';
import { FOLDER_COLUMNS, folderOf } from '../rows/folder-row.ts';
import type { Database, Fence, Writer } from './database.ts';
import { storable } from './storable.ts';

const FIRST_UID = 1;
const BUCKETS = ['already_there', 'moved_before', 'moved_now', 'cannot', 'failed', 'in_doubt', 'excluded'];

/** Sets the bucket columns from the parameters that begin at `first`. */
const setBuckets = (first: number): string => BUCKETS.map((name, index) => `${name} = $${first + index}`).join(', ');

export interface Of {
  database: Database;
  fence: Fence | null;
}

/** Makes the mailbox where it is not there, and the current one of its address; writes nothing when it is that already. */
export async function openMailbox(
  { database, fence }: Of,
  { address, source, destination }: MailboxKey,
): Promise<number> {
  const values = [address, source, destination];
  const current = await database.row(
    `select mailboxes.id from mailboxes join current_mailboxes on current_mailboxes.id = mailboxes.id
     where mailboxes.address = $1 and mailboxes.source = $2 and mailboxes.destination = $3`,
    values,
  );
  if (current !== undefined) return integer(current, 'id');
  return database.write(async (writer) => {
    // Two may open the same address at once, under different servers.
    await writer.rows('lock table mailboxes in share row exclusive mode');
    const [opened] = await writer.rows(
      `insert into mailboxes (address, source, destination, opened)
       values ($1, $2, $3, (select coalesce(max(opened), 0) + 1 from mailboxes))
       on conflict (address, source, destination) do update set opened = excluded.opened
       returning id`,
      values,
    );
    return integer(there(opened), 'id');
  }, fence);
}

export function startPass(
  { database, fence }: Of,
  mailboxId: number,
  { kind, planSha256, startedAt }: { kind: string; planSha256: string; startedAt: string },
): Promise<number> {
  return database.write(async (writer) => {
    const [row] = await writer.rows(
      'insert into passes (mailbox_id, kind, plan_sha256, started_at) values ($1, $2, $3, $4) returning id',
      [mailboxId, kind, planSha256, startedAt],
    );
    return integer(there(row), 'id');
  }, fence);
}

/** A finished pass waits for nothing. */
export function finishPass(
  { database, fence }: Of,
  passId: number,
  result: PassResult & { finishedAt: string },
): Promise<void> {
  return database.write(async (writer) => {
    const finished = await writer.changed(
      `update passes set ${setBuckets(9)}, finished_at = $2, exit_code = $3, source_messages = $4,
         destination_writes = $5, bytes = $6, flags_changed = $7, error = $8, wait_why = null, wait_until = null
       where id = $1 and finished_at is null`,
      [
        passId,
        result.finishedAt,
        result.exitCode,
        result.sourceMessages,
        result.destinationWrites,
        result.bytes,
        result.flagsChanged,
        result.error,
        ...bucketValues(result.buckets),
      ],
    );
    invariant(finished === 1, `pass ${passId} is not a running pass`);
  }, fence);
}

/** Kept with the running pass: a wait that ends after it, or of a dry run, which has none, is nobody's. */
export async function noteWait({ database, fence }: Of, mailboxId: number, wait: Wait | null): Promise<void> {
  await database.write(
    (writer) =>
      writer.changed(
        `update passes set wait_why = $2, wait_until = $3
         where id = (select max(id) from passes where mailbox_id = $1) and finished_at is null`,
        [mailboxId, wait === null ? null : storable(wait.why), wait?.until ?? null],
      ),
    fence,
  );
}

interface FolderKey {
  source: string;
  uidValidity: number;
  destination: string;
}

/** Writes nothing when the folder is as it was opened last. */
export async function openFolder({ database, fence }: Of, mailboxId: number, key: FolderKey): Promise<LedgerFolder> {
  const values = [mailboxId, key.source, key.uidValidity, key.destination];
  const current = await database.row(
    `select ${FOLDER_COLUMNS} from folders join current_folders on current_folders.id = folders.id
     where folders.mailbox_id = $1 and folders.source = $2 and folders.uid_validity = $3 and folders.destination = $4`,
    values,
  );
  if (current !== undefined) return folderOf(current);
  return database.write(async (writer) => {
    const [elsewhere] = await writer.rows(
      'select id from folders where mailbox_id = $1 and source = $2 and uid_validity = $3 and destination <> $4',
      values,
    );
    if (elsewhere !== undefined) await forgetPlace(writer, integer(elsewhere, 'id'));
    const [opened] = await writer.rows(
      `insert into folders (mailbox_id, source, uid_validity, destination, opened)
       values ($1, $2, $3, $4, (select coalesce(max(opened), 0) + 1 from folders where mailbox_id = $1))
       on conflict (mailbox_id, source, uid_validity) do update set
         opened = excluded.opened, destination = excluded.destination
       returning ${FOLDER_COLUMNS}`,
      values,
    );
    return folderOf(there(opened));
  }, fence);
}

async function forgetPlace(writer: Writer, folderId: number): Promise<void> {
  await forgetDestinationUids(writer, folderId, null);
  await writer.changed('update folders set destination_uid_validity = null, messages = null where id = $1', [folderId]);
}

/**
 * Destination UIDs, and what was counted there, mean nothing once the destination folder is another one or has another UIDVALIDITY.
 *
 * @param floor from where those that had a UID or a floor are looked for; null: they are not, they were not moved along.
 */
async function forgetDestinationUids(writer: Writer, folderId: number, floor: number | null): Promise<void> {
  await writer.changed(
    `update messages set destination_uid = null, floor = $2::bigint
     where folder_id = $1 and (destination_uid is not null or floor is not null)`,
    [folderId, floor],
  );
  await writer.changed('update folders set destination_uid_next = null, destination_messages = null where id = $1', [
    folderId,
  ]);
}

const VALIDITY = 'select destination_uid_validity from folders where id = $1';

/** Writes nothing when it is what it was. */
export async function setDestinationUidValidity(
  { database, fence }: Of,
  folderId: number,
  uidValidity: number,
): Promise<void> {
  if (validityOf(await database.row(VALIDITY, [folderId]), folderId) === uidValidity) return;
  await database.write((writer) => changeDestinationUidValidity(writer, folderId, uidValidity), fence);
}

async function changeDestinationUidValidity(writer: Writer, folderId: number, uidValidity: number): Promise<void> {
  const before = validityOf((await writer.rows(VALIDITY, [folderId]))[0], folderId);
  if (before === uidValidity) return;
  if (before !== null) await forgetDestinationUids(writer, folderId, FIRST_UID);
  await writer.changed('update folders set destination_uid_validity = $2 where id = $1', [folderId, uidValidity]);
}

function validityOf(row: Row | undefined, folderId: number): number | null {
  invariant(row !== undefined, `there is no folder ${folderId} in the ledger`);
  return integerOrNull(row, 'destination_uid_validity');
}

export function finishFolder(
  { database, fence }: Of,
  folderId: number,
  state: {
    status: FolderStatus;
    buckets: Parameters<typeof bucketValues>[0];
    destination: { uidValidity: number; uidNext: number; messages: number } | null;
  },
): Promise<void> {
  const { status, buckets, destination } = state;
  return database.write(async (writer) => {
    if (destination !== null) await changeDestinationUidValidity(writer, folderId, destination.uidValidity);
    const finished = await writer.changed(
      `update folders set ${setBuckets(9)}, messages = $3, uid_next = $4, highest_modseq = $5, bytes = $6,
         destination_uid_next = $7, destination_messages = $8
       where id = $1 and uid_validity = $2`,
      [
        folderId,
        status.uidValidity,
        status.messages,
        status.uidNext,
        status.highestModseq,
        status.bytes,
        destination?.uidNext ?? null,
        destination?.messages ?? null,
        ...bucketValues(buckets),
      ],
    );
    invariant(finished === 1, `folder ${folderId} with UIDVALIDITY ${status.uidValidity} is not in the ledger`);
  }, fence);
}

/** By name. */
export async function currentFolders(database: Database, mailboxId: number): Promise<LedgerFolder[]> {
  const rows = await database.rows(
    `select ${FOLDER_COLUMNS} from folders join current_folders on current_folders.id = folders.id
     where folders.mailbox_id = $1 order by folders.source`,
    [mailboxId],
  );
  return rows.map(folderOf);
}

export async function earlierFolder(database: Database, folderId: number): Promise<LedgerFolder | null> {
  const row = await database.row(
    `select ${FOLDER_COLUMNS} from folders
     join folders as later on later.id = $1 and later.mailbox_id = folders.mailbox_id and later.source = folders.source
     where folders.opened < later.opened
     order by folders.opened desc limit 1`,
    [folderId],
  );
  return row === undefined ? null : folderOf(row);
}

/** No message has UID 0 (RFC 9051 section 2.3.1.1): there stands what was done to the folder itself. */
const FOLDER_ITSELF = 0;

export async function addAlterations(
  { database, fence }: Of,
  of: { passId: number; folderId: number },
  alterations: readonly { uid: number | null; what: string; why: string }[],
): Promise<void> {
  if (alterations.length === 0) return;
  await database.write(
    (writer) =>
      writer.changed(
        `insert into alterations (folder_id, pass_id, uid, what, why)
         select $1, $2, uid, what, why from unnest($3::bigint[], $4::text[], $5::text[]) as r (uid, what, why)
         on conflict do nothing`,
        [
          of.folderId,
          of.passId,
          alterations.map(({ uid }) => uid ?? FOLDER_ITSELF),
          alterations.map(({ what }) => storable(what)),
          alterations.map(({ why }) => storable(why)),
        ],
      ),
    fence,
  );
}

function there(row: Row | undefined): Row {
  invariant(row !== undefined, 'what was opened has a row');
  return row;
}
