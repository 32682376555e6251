import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { MxodusError } from '@mxodus/model';
import type { SqliteDatabase } from 'kysely';
import { fromSqlite } from './sqlite-error.ts';

/** How long a write waits for another process's write. */
const BUSY_TIMEOUT_MS = 10_000;

/** Opens the file for writing; makes it, and the folder, where they are not there. */
export function openForWriting(path: string): DatabaseSync {
  makeFolder(dirname(path));
  try {
    const db = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS, enableForeignKeyConstraints: true });
    try {
      db.exec('pragma journal_mode = wal');
      db.exec('pragma synchronous = full');
    } catch (error) {
      db.close();
      throw error;
    }
    return db;
  } catch (error) {
    throw fromSqlite(error, path);
  }
}

export function openForReading(path: string): DatabaseSync {
  try {
    return new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS, readOnly: true });
  } catch (error) {
    throw fromSqlite(error, path);
  }
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    const full = error instanceof Error && 'code' in error && error.code === 'ENOSPC';
    throw new MxodusError(full ? 'DISK_FULL' : 'STATE_UNWRITABLE', {
      what: `the state folder ${folder} cannot be made`,
      why: error instanceof Error ? error.message : String(error),
      advice: full ? 'free some space, then run the same command again' : 'make its parent writable for this user',
      cause: error,
    });
  }
}

/** What Kysely's SqliteDialect expects (the shape of better-sqlite3), over node:sqlite; errors come out as ours. */
export function kyselyDatabase(db: DatabaseSync, path: string): SqliteDatabase {
  const guarded = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw fromSqlite(error, path);
    }
  };
  return {
    close: () => db.close(),
    prepare(sql) {
      const statement: StatementSync = guarded(() => db.prepare(sql));
      return {
        reader: statement.columns().length > 0,
        all: (parameters) => guarded(() => statement.all(...values(parameters))),
        run: (parameters) => guarded(() => statement.run(...values(parameters))),
        iterate: (parameters) => guarded(() => statement.iterate(...values(parameters))),
      };
    },
  };
}

type Value = null | number | bigint | string | Uint8Array;

function values(parameters: readonly unknown[]): Value[] {
  return parameters.map((parameter) => {
    if (parameter === null || typeof parameter === 'number' || typeof parameter === 'string') return parameter;
    if (typeof parameter === 'bigint' || parameter instanceof Uint8Array) return parameter;
    throw new TypeError(`a ${typeof parameter} cannot be stored in the ledger`);
  });
}

/** Runs `work` in one transaction: all of it or nothing. Synchronous, so nothing of this process comes in between. */
export function inTransaction<T>(db: DatabaseSync, path: string, work: () => T): T {
  try {
    db.exec('begin immediate');
    const result = work();
    db.exec('commit');
    return result;
  } catch (error) {
    // SQLite ends the transaction itself on some errors (a full disk is one).
    if (db.isTransaction) db.exec('rollback');
    throw fromSqlite(error, path);
  }
}
