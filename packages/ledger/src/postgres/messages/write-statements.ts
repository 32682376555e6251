/** Each takes the folder, the pass where it needs one, and its rows as columns, and returns the keys of the rows it changed. */

const UPDATE_SEEN = `
    bytes = excluded.bytes, internal_date = excluded.internal_date, flags = excluded.flags, digest = excluded.digest,
    email_id = excluded.email_id, pass_id = excluded.pass_id, reason = null`;

// A row is changed only where the table of model/ledger.ts allows it: a row that is not is a bug of the caller.

/** Not a condition of the partial index, by which each row would go through all intents its folder had (PostgreSQL 15, 2026-11). */
const IS_INTENT = "messages.state || '' = 'intent'";

/** Folder, pass; UIDs, bytes, INTERNALDATEs, flags, floors, digests, EMAILIDs. */
export const WRITE_INTENTS = `
  insert into messages (folder_id, uid, pass_id, bytes, internal_date, flags, floor, digest, email_id, state)
  select $1, uid, $2, bytes, internal_date, flags, floor, digest, email_id, 'intent'
  from unnest($3::bigint[], $4::bigint[], $5::bigint[], $6::text[], $7::bigint[], $8::text[], $9::text[])
    as r (uid, bytes, internal_date, flags, floor, digest, email_id)
  on conflict (folder_id, uid) do update set
    state = 'intent', floor = excluded.floor, ${UPDATE_SEEN}
  where messages.state in ('cannot', 'failed')
  returning messages.folder_id, messages.uid`;

/** Pass; folders, UIDs, destination UIDs. */
export const SETTLE_STORED = `
  update messages set
    state = 'stored', destination_uid = r.destination_uid,
    floor = case when r.destination_uid is null then messages.floor end, pass_id = $1
  from unnest($2::bigint[], $3::bigint[], $4::bigint[]) as r (folder_id, uid, destination_uid)
  where messages.folder_id = r.folder_id and messages.uid = r.uid and ${IS_INTENT}
  returning messages.folder_id, messages.uid`;

/** Folder, pass; UIDs, states, bytes, INTERNALDATEs, flags, reasons. */
export const SETTLE_REFUSED = `
  insert into messages (folder_id, uid, pass_id, state, bytes, internal_date, flags, reason)
  select $1, uid, $2, state, bytes, internal_date, flags, reason
  from unnest($3::bigint[], $4::text[], $5::bigint[], $6::bigint[], $7::text[], $8::text[])
    as r (uid, state, bytes, internal_date, flags, reason)
  on conflict (folder_id, uid) do update set
    state = excluded.state, bytes = excluded.bytes, internal_date = excluded.internal_date, flags = excluded.flags,
    floor = null, pass_id = excluded.pass_id, reason = excluded.reason
  where messages.state in ('intent', 'failed')
  returning messages.folder_id, messages.uid`;

/** Folder, pass; UIDs, bytes, INTERNALDATEs, flags, destination UIDs, digests, EMAILIDs, how it got there (HOW_STORED). */
export const ADOPT = `
  insert into messages
    (folder_id, uid, pass_id, bytes, internal_date, flags, destination_uid, digest, email_id, adopted, state)
  select $1, uid, $2, bytes, internal_date, flags, destination_uid, digest, email_id, adopted, 'stored'
  from unnest($3::bigint[], $4::bigint[], $5::bigint[], $6::text[], $7::bigint[], $8::text[], $9::text[], $10::integer[])
    as r (uid, bytes, internal_date, flags, destination_uid, digest, email_id, adopted)
  on conflict (folder_id, uid) do update set
    state = 'stored', destination_uid = excluded.destination_uid, adopted = excluded.adopted, ${UPDATE_SEEN}
  where messages.state in ('cannot', 'failed')
  returning messages.folder_id, messages.uid`;

const SAME_ROW = 'messages.folder_id = r.folder_id and messages.uid = r.uid';
const deleteWhere = (condition: string): string => `
  delete from messages using unnest($1::bigint[], $2::bigint[]) as r (folder_id, uid)
  where ${SAME_ROW} and ${condition} returning messages.folder_id, messages.uid`;

/** Folders, UIDs. */
export const SETTLE_UNSENT = deleteWhere(IS_INTENT);
export const FORGET_GONE = deleteWhere('messages.gone = 1');
export const FORGET_STORED = deleteWhere("messages.state = 'stored'");
export const STATE_OF = 'select state, gone from messages where folder_id = $1 and uid = $2';

/** Folder; UIDs, values. */
export const SET_FLAGS = `
  update messages set flags = r.flags from unnest($2::bigint[], $3::text[]) as r (uid, flags)
  where messages.folder_id = $1 and messages.uid = r.uid
  returning messages.folder_id, messages.uid`;
export const SET_DESTINATION_UIDS = `
  update messages set destination_uid = r.destination_uid
  from unnest($2::bigint[], $3::bigint[]) as r (uid, destination_uid)
  where messages.folder_id = $1 and messages.uid = r.uid and messages.state = 'stored'
  returning messages.folder_id, messages.uid`;

/** Folder; UIDs. UIDs that nobody knew are no bug here. */
export const NOTE_GONE = `
  update messages set gone = 1
  where folder_id = $1 and uid = any($2::bigint[]) and state = 'stored' and gone = 0`;
export const FORGET_NOT_MOVED = `
  delete from messages where folder_id = $1 and uid = any($2::bigint[]) and state in ('cannot', 'failed')`;
