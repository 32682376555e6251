import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Ledger, noMessages } from '@mxodus/model';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openSqliteLedger } from './sqlite-ledger.ts';

const ANN = { address: 'ann@example.com', source: 'old', destination: 'new' };
const INBOX = { source: 'INBOX', uidValidity: 7, destination: 'INBOX' };
const MEBIBYTE = 1024 * 1024;

let folder = '';
let path = '';
let ledger: Ledger;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mxodus-disk-'));
  path = join(folder, 'ledger.db');
  ledger = await openSqliteLedger(path);
});
afterEach(async () => {
  await ledger.close();
  rmSync(folder, { recursive: true, force: true });
});

const start = async () => {
  const mailbox = await ledger.openMailbox(ANN);
  const pass = await ledger.startPass(mailbox, { kind: 'sync', planSha256: 'abc', startedAt: '2026-11-22T13:00:00Z' });
  return { mailbox, pass, folder: (await ledger.openFolder(mailbox, INBOX)).id };
};

it('writes nothing when a folder is opened and finished as it was the last time', async () => {
  const { mailbox, folder: id } = await start();
  const finished = {
    status: { messages: 3, uidNext: 10, uidValidity: 7, highestModseq: null, bytes: null },
    buckets: { ...noMessages(), moved_before: 3 },
    destination: { uidValidity: 12, uidNext: 104, messages: 3 },
  };
  await ledger.finishFolder(id, finished);
  const other = new DatabaseSync(path);
  // Changes whenever another connection has written (sqlite.org/pragma.html).
  const version = () => other.prepare('pragma data_version').get()?.data_version;
  const before = version();
  expect(await ledger.openMailbox(ANN)).toBe(mailbox);
  await ledger.openFolder(mailbox, INBOX);
  await ledger.setDestinationUidValidity(id, 12);
  await ledger.finishFolder(id, finished);
  expect(version()).toBe(before);
  await ledger.finishFolder(id, { ...finished, destination: { ...finished.destination, messages: 4 } });
  expect(version()).not.toBe(before);
  other.close();
});

it('keeps the write-ahead log small, also after a reader held it up', async () => {
  const { pass, folder: id } = await start();
  const large = 'x'.repeat(2000);
  let next = 1;
  const write = async (rows: number): Promise<number> => {
    for (const end = next + rows; next < end; next += 100) {
      const adoptions = Array.from({ length: 100 }, (_, index) => ({
        uid: next + index,
        bytes: 1,
        internalDate: null,
        flags: large,
        destinationUid: next + index,
        digest: null,
        emailId: null,
        found: true,
      }));
      await ledger.adopt(id, pass, adoptions);
    }
    return statSync(`${path}-wal`).size / MEBIBYTE;
  };
  expect(await write(5000)).toBeLessThan(8);
  const other = new DatabaseSync(path);
  other.exec('begin');
  other.prepare('select count(*) from messages').get();
  expect(await write(15_000)).toBeGreaterThan(24);
  other.exec('commit');
  other.close();
  expect(await write(5000)).toBeLessThanOrEqual(16);
});
