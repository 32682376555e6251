import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { noMessages } from '@mxodus/model';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { first } from '../migrations/0001-first.ts';
import { openSqliteLedger, readSqliteLedger } from './sqlite-ledger.ts';

let folder = '';
let path = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mxodus-migrate-'));
  path = join(folder, 'ledger.db');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const TABLES = ['mailboxes', 'passes', 'folders', 'messages', 'alterations'];

/** A ledger as version 1 left it: rows in every table, in every state, with and without what may be missing. */
function makeVersion1(): DatabaseSync {
  const db = new DatabaseSync(path, { enableForeignKeyConstraints: true });
  db.exec('pragma journal_mode = wal');
  db.exec('create table mxodus_schema (version integer primary key, name text not null) strict');
  for (const statement of first.sqlite) db.exec(statement);
  db.exec(`
    insert into mxodus_schema values (1, 'first');
    insert into mailboxes values (1, 'ann@example.com', 'old', 'new', 1), (2, 'bob@example.com', 'old', 'new', 2);
    insert into passes values
      (1, 1, 'sync', 'abc', '2026-11-20T08:00:00Z', '2026-11-20T08:05:00Z', 3, 6, 4, 4000, 1, null, 1, 0, 2, 1, 1, 1, 0),
      (2, 1, 'sync', 'abc', '2026-11-21T08:00:00Z', null, null, null, null, null, null, null,
       null, null, null, null, null, null, null);
    insert into folders values
      (1, 1, 'INBOX', 6, 'INBOX', 12, 1, 6, 10, '99', null, 1, 0, 2, 1, 1, 1, 0),
      (2, 1, 'INBOX', 7, 'INBOX', 12, 2, 6, 10, '18446744073709551615', 6000, 1, 0, 2, 1, 1, 1, 0),
      (3, 1, 'Sent', 7, 'Gesendet', null, 3, null, null, null, null, null, null, null, null, null, null, null);
    insert into messages values
      (1, 1, 'stored', 1001, 1700000000000, '', 99, null, 1, 0, null),
      (2, 1, 'stored', 1001, 1700000000000, '\\Seen', 101, null, 1, 0, null),
      (2, 2, 'stored', 1002, null, '', null, 50, 1, 0, null),
      (2, 3, 'stored', 1003, 1700000000000, '', 103, null, 1, 1, null),
      (2, 4, 'cannot', 1004, 1700000000000, '', null, null, 1, 0, 'too large'),
      (2, 5, 'failed', 1005, 1700000000000, '', null, null, 1, 0, 'NO full'),
      (2, 6, 'intent', 1006, 1700000000000, '', null, 60, 2, 0, null);
    insert into alterations values (2, 1, 'keyword dropped', 'refused', 1), (2, 0, 'renamed', 'forbidden', 1);`);
  return db;
}

const rowsOf = (db: DatabaseSync): unknown[][] =>
  TABLES.map((table) => db.prepare(`select * from ${table} order by 1, 2`).all());

/** Of rows like `before`, but with more columns, only those columns. */
const asBefore = (after: unknown[][], before: unknown[][]): unknown[][] =>
  after.map((rows, table) =>
    rows.map((row) => {
      const columns = Object.keys(Object(before[table]?.[0]));
      return Object.fromEntries(Object.entries(Object(row)).filter(([column]) => columns.includes(column)));
    }),
  );

describe('a ledger of version 1', () => {
  it('is brought up to date, and keeps every row as it was', async () => {
    const old = makeVersion1();
    const before = rowsOf(old);
    old.close();
    await (await openSqliteLedger(path)).close();
    const db = new DatabaseSync(path);
    const after = rowsOf(db);
    expect(asBefore(after, before)).toEqual(before.map((rows) => rows.map((row) => ({ ...Object(row) }))));
    expect(after.map((rows) => rows.length)).toEqual([2, 2, 3, 7, 2]);
    expect(db.prepare('select version from mxodus_schema order by version').all()).toEqual([
      { version: 1 },
      { version: 2 },
      { version: 3 },
    ]);
    expect(db.prepare('pragma integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
    expect(db.prepare('pragma foreign_key_check').all()).toEqual([]);
    db.close();
  });

  it('goes on where it stopped: nothing is gone, and what it did not know is not known', async () => {
    makeVersion1().close();
    const ledger = await openSqliteLedger(path);
    const mailbox = await ledger.openMailbox({ address: 'ann@example.com', source: 'old', destination: 'new' });
    expect(mailbox).toBe(1);
    const inbox = await ledger.openFolder(mailbox, { source: 'INBOX', uidValidity: 7, destination: 'INBOX' });
    expect(inbox).toMatchObject({ id: 2, destinationUidValidity: 12, destinationFinished: null });
    expect(inbox.finished).toMatchObject({ uidNext: 10, highestModseq: '18446744073709551615' });
    const messages = await ledger.messages(inbox.id);
    expect(messages.map(({ uid, state }) => `${uid} ${state}`)).toEqual([
      '1 stored',
      '2 stored',
      '3 stored',
      '4 cannot',
      '5 failed',
      '6 intent',
    ]);
    expect(messages[0]).toMatchObject({ gone: false, digest: null, emailId: null, destinationUid: 101 });
    expect(await ledger.countBuckets(inbox.id, 2)).toEqual({
      ...noMessages(),
      already_there: 1,
      moved_before: 2,
      cannot: 1,
      failed: 1,
      in_doubt: 1,
    });
    expect((await ledger.earlierFolder(inbox.id))?.id).toBe(1);
    expect((await ledger.unlocated(inbox.id)).map(({ uid }) => uid)).toEqual([2]);
    await ledger.settle(inbox.id, 2, [{ uid: 6, kind: 'stored', destinationUid: 106 }]);
    await ledger.noteExpunged(inbox.id, [1, 5]);
    expect((await ledger.goneMessages(mailbox)).map(({ uid }) => uid)).toEqual([1]);
    expect(await ledger.waits()).toEqual([]);
    await ledger.close();
  });

  it('is brought up to date by status and report too', async () => {
    makeVersion1().close();
    const reader = await readSqliteLedger(path);
    expect(await reader?.counts()).toEqual([
      { address: 'ann@example.com', intent: 1, stored: 3, cannot: 1, failed: 1 },
    ]);
    expect((await reader?.lastPasses())?.map(({ id }) => id)).toEqual([1, 2]);
    expect(await reader?.waits()).toEqual([]);
    await reader?.close();
  });

  it('can still be written by the older mxodus that has it open', async () => {
    const old = makeVersion1();
    const write = old.prepare(
      "insert into messages (folder_id, uid, state, bytes, flags, floor, pass_id) values (3, 1, 'intent', 9, '', 1, 2)",
    );
    const settle = old.prepare("update messages set state = 'stored', destination_uid = 7 where folder_id = 3");
    const reader = await readSqliteLedger(path);
    write.run();
    settle.run();
    old.close();
    expect(await reader?.counts()).toMatchObject([{ intent: 1, stored: 4 }]);
    await reader?.close();
  });
});
