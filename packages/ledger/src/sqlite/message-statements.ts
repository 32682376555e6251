import type { DatabaseSync } from 'node:sqlite';

const PAGE_ROWS = 2000;

/** The hot path: one statement a row, prepared once. Each changes one row where the transition is legal, else none. */
export function messageStatements(db: DatabaseSync) {
  return {
    intent: db.prepare(`
      insert into messages (folder_id, uid, state, bytes, internal_date, flags, floor, pass_id)
      values (?, ?, 'intent', ?, ?, ?, ?, ?)
      on conflict (folder_id, uid) do update set
        state = 'intent', bytes = excluded.bytes, internal_date = excluded.internal_date, flags = excluded.flags,
        floor = excluded.floor, pass_id = excluded.pass_id, reason = null
      where messages.state in ('cannot', 'failed')`),
    stored: db.prepare(`
      update messages set state = 'stored', destination_uid = ?4, floor = iif(?4 is null, floor, null), pass_id = ?3
      where folder_id = ?1 and uid = ?2 and state = 'intent'`),
    unsent: db.prepare("delete from messages where folder_id = ? and uid = ? and state = 'intent'"),
    refused: db.prepare(`
      insert into messages (folder_id, uid, state, bytes, internal_date, flags, pass_id, reason)
      values (?, ?, ?, ?, ?, ?, ?, ?)
      on conflict (folder_id, uid) do update set
        state = excluded.state, bytes = excluded.bytes, internal_date = excluded.internal_date, flags = excluded.flags,
        floor = null, pass_id = excluded.pass_id, reason = excluded.reason
      where messages.state in ('intent', 'failed')`),
    adopt: db.prepare(`
      insert into messages (folder_id, uid, state, bytes, internal_date, flags, destination_uid, pass_id, adopted)
      values (?, ?, 'stored', ?, ?, ?, ?, ?, 1)
      on conflict (folder_id, uid) do update set
        state = 'stored', bytes = excluded.bytes, internal_date = excluded.internal_date, flags = excluded.flags,
        destination_uid = excluded.destination_uid, pass_id = excluded.pass_id, adopted = 1, reason = null
      where messages.state in ('failed', 'cannot')`),
    expunged: db.prepare("delete from messages where folder_id = ? and uid = ? and state in ('failed', 'cannot')"),
    flags: db.prepare('update messages set flags = ?3 where folder_id = ?1 and uid = ?2'),
    destinationUid: db.prepare(`
      update messages set destination_uid = ?3 where folder_id = ?1 and uid = ?2 and state = 'stored'`),
    // JSON of many rows in one value: twice as fast as row by row, with a third of the memory (200,000 rows: 0.3 s, 26 MB).
    page: db.prepare(`
      select max(uid) as last, json_group_array(json_array(
        uid, state, bytes, internal_date, flags, destination_uid, floor, pass_id, adopted, reason)) as rows
      from (select * from messages where folder_id = ?1 and uid > ?2 order by uid limit ${PAGE_ROWS})`),
    state: db.prepare('select state from messages where folder_id = ? and uid = ?'),
  };
}

export type MessageStatements = ReturnType<typeof messageStatements>;
