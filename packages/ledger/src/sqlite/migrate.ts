import type { DatabaseSync } from 'node:sqlite';
import { MxodusError } from '@mxodus/model';
import { migrations } from '../migrations/all.ts';
import { inTransaction } from './database.ts';
import { fromSqlite } from './sqlite-error.ts';

const NEWEST = Math.max(...migrations.map(({ version }) => version));

/** Brings the schema up to date. Two processes may do so at once: the second finds nothing to do. */
export function migrate(db: DatabaseSync, path: string): void {
  if (schemaVersion(db, path) === NEWEST) return;
  inTransaction(db, path, () => {
    const from = schemaVersion(db, path);
    if (from === null) db.exec('create table mxodus_schema (version integer primary key, name text not null) strict');
    const record = db.prepare('insert into mxodus_schema (version, name) values (?, ?)');
    for (const migration of migrations) {
      if (from !== null && migration.version <= from) continue;
      for (const statement of migration.sqlite) db.exec(statement);
      record.run(migration.version, migration.name);
    }
  });
}

/** null: an empty file. Throws STATE_CORRUPT for a file of something else, or of a newer mxodus. */
export function schemaVersion(db: DatabaseSync, path: string): number | null {
  const version = readVersion(db, path);
  if (version !== null && version > NEWEST) {
    throw new MxodusError('STATE_CORRUPT', {
      what: `the ledger ${path} has schema version ${version}; this mxodus knows versions up to ${NEWEST}`,
      why: 'a newer mxodus wrote it',
      advice: 'use that mxodus, or a newer one, for this project',
    });
  }
  return version;
}

function readVersion(db: DatabaseSync, path: string): number | null {
  try {
    const tables = db.prepare("select name from sqlite_schema where type = 'table'").all();
    if (tables.length === 0) return null;
    if (!tables.some(({ name }) => name === 'mxodus_schema')) throw foreign(path);
    const row = db.prepare('select max(version) as version from mxodus_schema').get();
    const version = row?.version;
    if (typeof version !== 'number') throw foreign(path);
    return version;
  } catch (error) {
    throw fromSqlite(error, path);
  }
}

function foreign(path: string): MxodusError {
  return new MxodusError('STATE_CORRUPT', {
    what: `${path} is an SQLite database, but not a mxodus ledger`,
    why: 'something else made it',
    advice: 'set `ledger: { path: … }` in the config to another file',
  });
}
