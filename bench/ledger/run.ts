/** Rows a second that become intents and are settled, in PostgreSQL beside SQLite: the same rows, in turn. */
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '@mxodus/lab';
import { openSqliteLedger } from '@mxodus/ledger';
import { openFleetStore } from '@mxodus/ledger/postgres';
import type { Ledger } from '@mxodus/model';
import { median } from '../measure/median.ts';
import { say } from '../output/say.ts';

const LANES = 4;
const BATCH = 150;
const BATCHES = 60;
const ROUNDS = 5;

/** What one lane of a sync does: each batch is written as intents, sent, and settled. */
async function lane(ledger: Ledger, passId: number, folderId: number): Promise<void> {
  for (let batch = 0; batch < BATCHES; batch += 1) {
    const uids = Array.from({ length: BATCH }, (_, index) => batch * BATCH + index + 1);
    await ledger.writeIntents(
      folderId,
      passId,
      uids.map((uid) => ({
        ...{ uid, bytes: 12_000 + uid, internalDate: 1_700_000_000_000 + uid, flags: '\\Seen', floor: 1 },
        ...{ digest: `d${uid}`.padEnd(43, 'x'), emailId: null },
      })),
    );
    await ledger.settle(
      folderId,
      passId,
      uids.map((uid) => ({ uid, kind: 'stored', destinationUid: uid })),
    );
  }
}

/** Rows a second; a row is counted once, though it is written twice. */
async function measure(ledger: Ledger, round: number): Promise<number> {
  const mailbox = await ledger.openMailbox({ address: `r${round}@example.com`, source: 'old', destination: 'new' });
  const pass = await ledger.startPass(mailbox, {
    kind: 'sync',
    planSha256: 'abc',
    startedAt: new Date().toISOString(),
  });
  const folders = await Promise.all(
    Array.from({ length: LANES }, (_, index) =>
      ledger.openFolder(mailbox, { source: `f${index}`, uidValidity: 7, destination: `f${index}` }),
    ),
  );
  const start = performance.now();
  await Promise.all(folders.map(({ id }) => lane(ledger, pass, id)));
  return (LANES * BATCH * BATCHES) / ((performance.now() - start) / 1000);
}

const loadBefore = loadavg()[0] ?? 0;
const folder = await mkdtemp(join(tmpdir(), 'mxodus-bench-'));
const server = await startPostgres();
try {
  const sqlite = await openSqliteLedger(join(folder, 'ledger.db'));
  const store = await openFleetStore({ url: server.url, holder: 'bench' });
  const lease = await store.leases.acquire('bench');
  const postgres = await store.ledgerUnder('bench', lease);
  const speeds: { sqlite: number; postgres: number }[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    speeds.push({ sqlite: await measure(sqlite, round), postgres: await measure(postgres, round) });
  }
  const [ofSqlite, ofPostgres] = [median(speeds.map((one) => one.sqlite)), median(speeds.map((one) => one.postgres))];
  say(`${cpus().length} x ${cpus()[0]?.model.trim() ?? ''}, load before ${loadBefore.toFixed(1)}`);
  say(
    `${LANES} lanes, batches of ${BATCH}, ${ROUNDS} rounds of ${LANES * BATCH * BATCHES} rows, each an intent and then settled; medians`,
  );
  say(`SQLite      ${Math.round(ofSqlite)} rows/s`);
  say(
    `PostgreSQL  ${Math.round(ofPostgres)} rows/s, under a lease, fsync on (${(ofPostgres / ofSqlite).toFixed(2)} x SQLite)`,
  );
  say(`rounds of PostgreSQL: ${speeds.map((one) => Math.round(one.postgres)).join(', ')}`);
  await sqlite.close();
  await lease.release();
  await store.close();
} finally {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}
