import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { MxodusError } from '@mxodus/model';
import { fromSqlite } from './sqlite-error.ts';

/** How long a write waits for another process's write. */
const BUSY_TIMEOUT_MS = 10_000;
/** The WAL is moved into the file every 4 MiB; what a long reader made it grow beyond is given back afterwards. */
const WAL_PAGES = 1024;
const WAL_LIMIT_BYTES = 16 * 1024 * 1024;

/** Opens the file for writing, with `synchronous` at full; makes it, and the folder, where they are not there. */
export function openForWriting(path: string): DatabaseSync {
  makeFolder(dirname(path));
  try {
    const db = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS, enableForeignKeyConstraints: true });
    try {
      db.exec('pragma journal_mode = wal');
      db.exec('pragma synchronous = full');
      db.exec(`pragma wal_autocheckpoint = ${WAL_PAGES}`);
      db.exec(`pragma journal_size_limit = ${WAL_LIMIT_BYTES}`);
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
