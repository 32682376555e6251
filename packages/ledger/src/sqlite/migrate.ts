import { MxodusError } from '@mxodus/model';
import { migrations } from '../migrations/all.ts';
import type { LedgerFile } from './ledger-file.ts';

const NEWEST = Math.max(...migrations.map(({ version }) => version));

export const isUpToDate = (version: number | null): boolean => version === NEWEST;

/** Brings the schema up to date. Two processes may do so at once: the second finds nothing to do. */
export function migrate(file: LedgerFile, path: string): void {
  if (isUpToDate(schemaVersion(file, path))) return;
  file.durably(() => {
    const from = schemaVersion(file, path);
    if (from === null) file.exec('create table mxodus_schema (version integer primary key, name text not null) strict');
    for (const { version, name, sqlite } of migrations) {
      if (from !== null && version <= from) continue;
      for (const statement of sqlite) file.exec(statement);
      file.run('insert into mxodus_schema (version, name) values (?, ?)', version, name);
    }
  });
}

/** null: an empty file. Throws STATE_CORRUPT for a file of something else, or of a newer mxodus. */
export function schemaVersion(file: LedgerFile, path: string): number | null {
  const tables = file.all("select name from sqlite_schema where type = 'table'");
  if (tables.length === 0) return null;
  if (!tables.some(({ name }) => name === 'mxodus_schema')) throw foreign(path);
  const version = file.get('select max(version) as version from mxodus_schema')?.version;
  if (typeof version !== 'number') throw foreign(path);
  if (version > NEWEST) {
    throw new MxodusError('STATE_CORRUPT', {
      what: `the ledger ${path} has schema version ${version}; this mxodus knows versions up to ${NEWEST}`,
      why: 'a newer mxodus wrote it',
      advice: 'use that mxodus, or a newer one, for this project',
    });
  }
  return version;
}

function foreign(path: string): MxodusError {
  return new MxodusError('STATE_CORRUPT', {
    what: `${path} is an SQLite database, but not a mxodus ledger`,
    why: 'something else made it',
    advice: 'set `ledger: { path: … }` in the config to another file',
  });
}
