import type { LedgerMessage, MessageState, UidRange } from '@mxodus/model';
import { HOW_STORED } from '../../rows/how-stored.ts';
import type { LedgerFile } from '../ledger-file.ts';
import { jsonPages } from './json-pages.ts';

const PAGE_ROWS = 2000;
const UIDS_ROWS = 20_000;
/** RFC 9051 section 2.3.1.1: 32 bits. */
const LARGEST_UID = 4_294_967_295;

/** See MESSAGE. */
type MessageRow = [
  uid: number,
  state: MessageState,
  bytes: number,
  internalDate: number | null,
  flags: string,
  destinationUid: number | null,
  floor: number | null,
  passId: number,
  adopted: number,
  reason: string | null,
  gone: number,
  digest: string | null,
  emailId: string | null,
];

/** No pass has the id 0. */
const MESSAGE = `json_array(
  uid, state, bytes, internal_date, flags, destination_uid, floor, iif(adopted = ${HOW_STORED.movedBefore}, 0, pass_id),
  adopted = ${HOW_STORED.found}, reason, gone, digest, email_id)`;

const page = (columns: string, limit: number, condition: string, index = ''): string => `
  select max(uid) as last, json_group_array(${columns}) as rows
  from (
    select * from messages ${index}
    where folder_id = ?2 and uid > ?1 and ${condition}
    order by uid limit ${limit})`;

const LISTED = page(MESSAGE, PAGE_ROWS, 'uid <= ?3 and gone = 0');
const OF_UIDS = page(MESSAGE, PAGE_ROWS, 'uid in (select value from json_each(?3))');
const DESTINATION_UIDS = page('destination_uid', UIDS_ROWS, 'destination_uid is not null');
// Few of many rows, asked for at every folder of every pass: never without the partial index.
const NOT_STORED = page(MESSAGE, PAGE_ROWS, "state = ?3 and state <> 'stored'", 'indexed by messages_not_stored');
const UNLOCATED = page(
  MESSAGE,
  PAGE_ROWS,
  "state = 'stored' and destination_uid is null and floor is not null",
  'indexed by messages_unlocated',
);

export function readMessages(file: LedgerFile, folderId: number, range: UidRange | undefined): LedgerMessage[] {
  const { from, to = LARGEST_UID } = range ?? { from: 1 };
  return collect(jsonPages<MessageRow>(file, { sql: LISTED, after: from - 1 }, folderId, to));
}

/** Gone ones too, by UID, ascending. */
export function readMessagesOf(file: LedgerFile, folderId: number, uids: readonly number[]): LedgerMessage[] {
  const ascending = [...new Set(uids)].sort((a, b) => a - b);
  const chunks = Array.from({ length: Math.ceil(ascending.length / PAGE_ROWS) }, (_, index) =>
    ascending.slice(index * PAGE_ROWS, (index + 1) * PAGE_ROWS),
  );
  return collect(
    chunks.flatMap((chunk) => [...jsonPages<MessageRow>(file, { sql: OF_UIDS }, folderId, JSON.stringify(chunk))]),
  );
}

export function readUnsettled(file: LedgerFile, folderId: number): LedgerMessage[] {
  const states: MessageState[] = ['intent', 'cannot', 'failed'];
  const messages = states.flatMap((state) =>
    collect(jsonPages<MessageRow>(file, { sql: NOT_STORED }, folderId, state)),
  );
  return messages.sort((a, b) => a.uid - b.uid);
}

export const readUnlocated = (file: LedgerFile, folderId: number): LedgerMessage[] =>
  collect(jsonPages<MessageRow>(file, { sql: UNLOCATED }, folderId));

export function readDestinationUids(file: LedgerFile, folderId: number): number[] {
  return [...jsonPages<number>(file, { sql: DESTINATION_UIDS }, folderId)].flat();
}

function collect(pages: Iterable<MessageRow[]>): LedgerMessage[] {
  const shared = sharedTexts();
  const messages: LedgerMessage[] = [];
  for (const rows of pages) {
    for (const row of rows) messages.push(messageOf(row, shared));
  }
  return messages;
}

function messageOf(row: MessageRow, shared: (text: string) => string): LedgerMessage {
  const [
    uid,
    state,
    bytes,
    internalDate,
    flags,
    destinationUid,
    floor,
    passId,
    adopted,
    reason,
    gone,
    digest,
    emailId,
  ] = row;
  return {
    uid,
    state,
    bytes,
    internalDate,
    flags: shared(flags),
    destinationUid,
    floor,
    passId,
    adopted: adopted === 1,
    reason: reason === null ? null : shared(reason),
    gone: gone === 1,
    digest,
    emailId,
  };
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
