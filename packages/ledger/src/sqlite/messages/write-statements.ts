/** Rows of one statement: a third cheaper than one row at a time (JSON of all rows in one parameter is not); more gain little. */
export const GROUP = 25;

/** The same for GROUP rows and for one. Its parameters have no numbers: numbered ones are looked up one by one when they are bound. */
export interface RowsStatement {
  group: string;
  single: string;
}

function forRows(
  columns: number,
  statement: (rows: (row: (values: string) => string) => string) => string,
): RowsStatement {
  const values = Array(columns).fill('?').join(', ');
  const of = (count: number): string => statement((row) => Array(count).fill(row(values)).join(', '));
  return { group: of(GROUP), single: of(1) };
}

// Each statement changes a row only where the table of model/ledger.ts allows it: a row it does not change is a bug of the caller.

/** Folder, UID, pass, bytes, INTERNALDATE, flags, floor, digest, EMAILID. */
export const WRITE_INTENTS = forRows(
  9,
  (rows) => `
  insert into messages (folder_id, uid, pass_id, bytes, internal_date, flags, floor, digest, email_id, state)
  values ${rows((values) => `(${values}, 'intent')`)}
  on conflict (folder_id, uid) do update set
    state = 'intent', bytes = excluded.bytes, internal_date = excluded.internal_date, flags = excluded.flags,
    floor = excluded.floor, digest = excluded.digest, email_id = excluded.email_id, pass_id = excluded.pass_id,
    reason = null
  where messages.state in ('cannot', 'failed')`,
);

/** Folder, UID, pass, destination UID. */
export const SETTLE_STORED = forRows(
  4,
  (rows) => `
  with settled (folder_id, uid, pass_id, destination_uid) as (values ${rows((values) => `(${values})`)})
  update messages set
    state = 'stored', destination_uid = settled.destination_uid,
    floor = iif(settled.destination_uid is null, floor, null), pass_id = settled.pass_id
  from settled
  where messages.folder_id = settled.folder_id and messages.uid = settled.uid and messages.state = 'intent'`,
);

/** Folder, UID, pass, bytes, INTERNALDATE, flags, destination UID, digest, EMAILID, how it got there (HOW_STORED). */
export const ADOPT = forRows(
  10,
  (rows) => `
  insert into messages
    (folder_id, uid, pass_id, bytes, internal_date, flags, destination_uid, digest, email_id, adopted, state)
  values ${rows((values) => `(${values}, 'stored')`)}
  on conflict (folder_id, uid) do update set
    state = 'stored', bytes = excluded.bytes, internal_date = excluded.internal_date, flags = excluded.flags,
    destination_uid = excluded.destination_uid, digest = excluded.digest, email_id = excluded.email_id,
    pass_id = excluded.pass_id, adopted = excluded.adopted, reason = null
  where messages.state in ('cannot', 'failed')`,
);

/** Folder, UID, state, bytes, INTERNALDATE, flags, pass, reason. */
export const SETTLE_REFUSED = `
  insert into messages (folder_id, uid, state, bytes, internal_date, flags, pass_id, reason)
  values (?, ?, ?, ?, ?, ?, ?, ?)
  on conflict (folder_id, uid) do update set
    state = excluded.state, bytes = excluded.bytes, internal_date = excluded.internal_date, flags = excluded.flags,
    floor = null, pass_id = excluded.pass_id, reason = excluded.reason
  where messages.state in ('intent', 'failed')`;

/** Folder, UID; as the others. */
export const SETTLE_UNSENT = "delete from messages where folder_id = ? and uid = ? and state = 'intent'";
export const FORGET_GONE = 'delete from messages where folder_id = ? and uid = ? and gone = 1';
export const FORGET_STORED = "delete from messages where folder_id = ? and uid = ? and state = 'stored'";
export const SET_FLAGS = 'update messages set flags = ?3 where folder_id = ?1 and uid = ?2';
export const SET_DESTINATION_UID =
  "update messages set destination_uid = ?3 where folder_id = ?1 and uid = ?2 and state = 'stored'";

/** Folder, JSON of UIDs; UIDs that nobody knew are no bug here. */
export const NOTE_GONE = `
  update messages set gone = 1
  where folder_id = ?1 and uid in (select value from json_each(?2)) and state = 'stored' and gone = 0`;
export const FORGET_NOT_MOVED = `
  delete from messages
  where folder_id = ?1 and uid in (select value from json_each(?2)) and state in ('cannot', 'failed')`;
