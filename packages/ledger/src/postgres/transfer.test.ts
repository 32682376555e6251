import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PostgresServer, startPostgres } from '@mxodus/lab';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { openSqliteLedger } from '../sqlite/sqlite-ledger.ts';
import { exportSqliteLedger, importSqliteLedger } from '../sqlite/transfer.ts';
import { ANN, fill } from '../transfer/filled-ledger.test.support.ts';
import { Database } from './database.ts';
import { openFleetStore } from './fleet-store.ts';
import { exportPostgresLedger, importPostgresLedger } from './transfer.ts';

let server: PostgresServer;
let database: Database;
beforeAll(async () => {
  server = await startPostgres();
  database = new Database({ url: server.url, schema: null, most: 2 });
});
afterAll(async () => {
  await database.close();
  await server.stop();
});

let folder = '';
let schema = '';
let made = 0;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mxodus-transfer-'));
  made += 1;
  schema = `mxodus_p${made}`;
  await withStore(async () => undefined);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function withStore(work: (store: Awaited<ReturnType<typeof openFleetStore>>) => Promise<void>): Promise<void> {
  const store = await openFleetStore({ url: server.url, holder: 'test', connections: 2 });
  try {
    await store.ledger(`p${made}`);
    await work(store);
  } finally {
    await store.close();
  }
}

async function connect(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  return client;
}

const exported = (): Promise<string[]> => Array.fromAsync(exportPostgresLedger(connect, schema));

async function fromSqlite(path: string): Promise<string[]> {
  const lines = await exportSqliteLedger(path);
  return lines === null ? [] : Array.fromAsync(lines);
}

async function* given(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines;
}

const bring = (lines: readonly string[]) =>
  importPostgresLedger(database, { schema, lines: given(lines), fence: null });

async function filled(): Promise<string[]> {
  const path = join(folder, 'ledger.db');
  const ledger = await openSqliteLedger(path);
  await fill(ledger);
  await ledger.close();
  return fromSqlite(path);
}

it('goes from SQLite to PostgreSQL and back, the same byte for byte, and goes on there', async () => {
  const lines = await filled();
  await bring(lines);
  expect(await exported()).toEqual(lines);
  const back = join(folder, 'back.db');
  await importSqliteLedger(back, given(await exported()));
  expect(await fromSqlite(back)).toEqual(lines);
  await withStore(async (store) => {
    const ledger = await store.ledger(`p${made}`);
    expect(await ledger.openMailbox(ANN)).toBe(1);
    expect(await ledger.openMailbox({ ...ANN, address: 'new@example.com' })).toBe(3);
    const pass = { kind: 'sync', planSha256: 'abc', startedAt: '2026-11-22T14:00:00Z' };
    expect(await ledger.startPass(1, pass)).toBe(2);
  });
});

it('imports all of it, or nothing', async () => {
  const lines = await filled();
  const empty = await exported();
  await expect(bring(lines.slice(0, -1))).rejects.toMatchObject({ code: 'EXPORT_INVALID' });
  await expect(bring(lines.toSpliced(-1, 0, lines.at(-2) ?? ''))).rejects.toMatchObject({ code: 'EXPORT_INVALID' });
  expect(await exported()).toEqual(empty);
  await bring(lines);
  await expect(bring(lines)).rejects.toMatchObject({ code: 'LEDGER_NOT_EMPTY' });
  expect(await exported()).toEqual(lines);
});

it('is of one moment, whatever is written while it is read', async () => {
  const lines = await filled();
  await bring(lines);
  const seen: string[] = [];
  for await (const line of exportPostgresLedger(connect, schema)) {
    if (seen.length === 0) await database.rows(`update ${schema}.messages set flags = 'other'`);
    seen.push(line);
  }
  expect(seen).toEqual(lines);
  expect(await exported()).not.toEqual(lines);
});

it('says that the server went away in the middle of an import, which leaves nothing', async () => {
  const lines = await filled();
  const empty = await exported();
  async function* cutInTheMiddle(): AsyncGenerator<string> {
    for (const [index, line] of lines.entries()) {
      if (index === lines.length - 2) {
        await database.rows(`select pg_terminate_backend(pid) from pg_stat_activity
          where state = 'idle in transaction' and datname = current_database()`);
      }
      yield line;
    }
  }
  await expect(importPostgresLedger(database, { schema, lines: cutInTheMiddle(), fence: null })).rejects.toMatchObject({
    code: 'LEDGER_UNREACHABLE',
  });
  expect(await exported()).toEqual(empty);
});
