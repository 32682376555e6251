import { type GoneMessage, invariant, type LedgerMessage, type MessageState, type UidRange } from '@mxodus/model';
import { integer, integerOrNull, type Row, text, textOrNull } from '../../rows/columns.ts';
import { HOW_STORED } from '../../rows/how-stored.ts';
import type { Database } from '../database.ts';

const PAGE_ROWS = 10_000;
/** RFC 9051 section 2.3.1.1: 32 bits. */
const LARGEST_UID = 4_294_967_295;

/** No pass has the id 0. */
const MESSAGE = `
  uid, state, bytes, internal_date, flags, destination_uid, floor,
  case when adopted = ${HOW_STORED.movedBefore} then 0 else pass_id end as pass_id,
  adopted, reason, gone, digest, email_id`;

const page = (condition: string): string => `
  select ${MESSAGE} from messages where folder_id = $1 and uid > $2 and ${condition} order by uid limit ${PAGE_ROWS}`;

const LISTED = page('uid <= $3 and gone = 0');
const OF_UIDS = `select ${MESSAGE} from messages where folder_id = $1 and uid = any($2::bigint[]) order by uid`;
const NOT_STORED = page("state <> 'stored'");
const UNLOCATED = page("state = 'stored' and destination_uid is null and floor is not null");
const DESTINATION_UIDS = `
  select uid, destination_uid from messages where folder_id = $1 and uid > $2 and destination_uid is not null
  order by uid limit ${PAGE_ROWS}`;

export function readMessages(database: Database, folderId: number, range?: UidRange): Promise<LedgerMessage[]> {
  const { from, to = LARGEST_UID } = range ?? { from: 1 };
  return collect(database, { sql: LISTED, folderId, after: from - 1 }, to);
}

/** Gone ones too, by UID, ascending. */
export async function readMessagesOf(
  database: Database,
  folderId: number,
  uids: readonly number[],
): Promise<LedgerMessage[]> {
  const ascending = [...new Set(uids)].sort((a, b) => a - b);
  const messages: LedgerMessage[] = [];
  const shared = sharedTexts();
  for (let start = 0; start < ascending.length; start += PAGE_ROWS) {
    const rows = await database.rows(OF_UIDS, [folderId, ascending.slice(start, start + PAGE_ROWS)]);
    for (const row of rows) messages.push(messageOf(row, shared));
  }
  return messages;
}

export const readUnsettled = (database: Database, folderId: number): Promise<LedgerMessage[]> =>
  collect(database, { sql: NOT_STORED, folderId });

export const readUnlocated = (database: Database, folderId: number): Promise<LedgerMessage[]> =>
  collect(database, { sql: UNLOCATED, folderId });

export async function readDestinationUids(database: Database, folderId: number): Promise<number[]> {
  const uids: number[] = [];
  for await (const rows of pages(database, { sql: DESTINATION_UIDS, folderId })) {
    for (const row of rows) uids.push(integer(row, 'destination_uid'));
  }
  return uids;
}

interface Paged {
  /** Takes the folder, the UID it begins after, and more. */
  sql: string;
  folderId: number;
  after?: number;
}

async function* pages(
  database: Database,
  { sql, folderId, after = 0 }: Paged,
  ...more: number[]
): AsyncIterable<Row[]> {
  for (let last = after; ; ) {
    const rows = await database.rows(sql, [folderId, last, ...more]);
    yield rows;
    const end = rows.at(-1);
    if (rows.length < PAGE_ROWS || end === undefined) return;
    last = integer(end, 'uid');
  }
}

async function collect(database: Database, paged: Paged, ...more: number[]): Promise<LedgerMessage[]> {
  const shared = sharedTexts();
  const messages: LedgerMessage[] = [];
  for await (const rows of pages(database, paged, ...more)) {
    for (const row of rows) messages.push(messageOf(row, shared));
  }
  return messages;
}

function messageOf(row: Row, shared: (text: string) => string): LedgerMessage {
  const reason = textOrNull(row, 'reason');
  return {
    uid: integer(row, 'uid'),
    state: stateOf(text(row, 'state')),
    bytes: integer(row, 'bytes'),
    internalDate: integerOrNull(row, 'internal_date'),
    flags: shared(text(row, 'flags')),
    destinationUid: integerOrNull(row, 'destination_uid'),
    floor: integerOrNull(row, 'floor'),
    passId: integer(row, 'pass_id'),
    adopted: integer(row, 'adopted') === HOW_STORED.found,
    reason: reason === null ? null : shared(reason),
    gone: integer(row, 'gone') === 1,
    digest: textOrNull(row, 'digest'),
    emailId: textOrNull(row, 'email_id'),
  };
}

export function stateOf(state: string): MessageState {
  invariant(
    state === 'intent' || state === 'stored' || state === 'cannot' || state === 'failed',
    `${state} is a state of a message`,
  );
  return state;
}

/** Equal flags and reasons as one string in memory. */
function sharedTexts(): (text: string) => string {
  const texts = new Map<string, string>();
  return (text) => {
    const known = texts.get(text);
    if (known !== undefined) return known;
    texts.set(text, text);
    return text;
  };
}

const PLACE = `
  folders.id as folder_id, folders.source, folders.destination, folders.destination_uid_validity,
  messages.uid, messages.bytes, messages.internal_date, messages.flags, messages.destination_uid, messages.digest,
  messages.email_id`;

/** By folder, then by UID. */
export async function readGone(database: Database, mailboxId: number): Promise<GoneMessage[]> {
  const rows = await database.rows(
    `select ${PLACE} from folders join messages on messages.folder_id = folders.id
     where folders.mailbox_id = $1 and messages.gone = 1
     order by folders.id, messages.uid`,
    [mailboxId],
  );
  return rows.map(placeOf);
}

export async function readPlacesOf(
  database: Database,
  mailboxId: number,
  emailIds: readonly string[],
): Promise<GoneMessage[]> {
  const rows = await database.rows(
    `select ${PLACE} from messages
     join current_folders on current_folders.id = messages.folder_id
     join folders on folders.id = current_folders.id
     where messages.email_id = any($1::text[]) and messages.state = 'stored' and messages.gone = 0
       and current_folders.mailbox_id = $2
     order by messages.folder_id, messages.uid`,
    [emailIds, mailboxId],
  );
  return rows.map(placeOf);
}

function placeOf(row: Row): GoneMessage {
  return {
    folderId: integer(row, 'folder_id'),
    source: text(row, 'source'),
    destination: text(row, 'destination'),
    destinationUidValidity: integerOrNull(row, 'destination_uid_validity'),
    uid: integer(row, 'uid'),
    bytes: integer(row, 'bytes'),
    internalDate: integerOrNull(row, 'internal_date'),
    flags: text(row, 'flags'),
    destinationUid: integerOrNull(row, 'destination_uid'),
    digest: textOrNull(row, 'digest'),
    emailId: textOrNull(row, 'email_id'),
  };
}
