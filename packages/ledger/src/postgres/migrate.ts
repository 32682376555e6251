import { MxodusError } from '@mxodus/model';
import { migrations } from '../migrations/all.ts';
import { integerOrNull } from '../rows/columns.ts';
import type { Database, Writer } from './database.ts';
import { FLEET_SCHEMA } from './fleet-schema.ts';

const NEWEST = Math.max(...migrations.map(({ version }) => version));
/** Any number: who migrates has this lock. */
const LOCK = 6_403_517;

/** What all projects share. Many processes may do so at once. */
export async function migrateFleet(database: Database): Promise<void> {
  // Outside of `write`, which needs what is made here.
  const [there] = await database.rows("select to_regclass('mxodus.workers') is not null as there");
  if (there?.there === true) return;
  await database.script(LOCK, FLEET_SCHEMA);
}

/** Brings the schema of a project up to date; makes it where it is not there. */
export async function migrateLedger(database: Database, schema: string): Promise<void> {
  if ((await ledgerVersion(database, schema)) === NEWEST) return;
  await database.write(async (writer) => {
    // A lock of a table, not an advisory one: only then PostgreSQL 15 sees a schema that somebody made meanwhile (2026-11).
    await writer.changed('lock table mxodus.workers in share row exclusive mode');
    await writer.changed(`create schema if not exists ${schema}`);
    await writer.changed(`set local search_path to ${schema}`);
    await writer.changed(`create table if not exists mxodus_schema (version integer primary key, name text not null)`);
    const from = await versionIn(writer);
    for (const { version, name, postgres } of migrations) {
      if (version <= from) continue;
      for (const statement of postgres) await writer.changed(statement);
      await writer.changed('insert into mxodus_schema (version, name) values ($1, $2)', [version, name]);
    }
  });
}

/** null: the project has no ledger yet. Throws STATE_CORRUPT for one of a newer mxodus. */
export async function ledgerVersion(database: Database, schema: string): Promise<number | null> {
  const [there] = await database.rows('select to_regclass($1) is not null as there', [`${schema}.mxodus_schema`]);
  if (there?.there !== true) return null;
  const [row] = await database.rows(`select max(version) as version from ${schema}.mxodus_schema`);
  const version = row === undefined ? null : integerOrNull(row, 'version');
  if (version !== null && version > NEWEST) {
    throw new MxodusError('STATE_CORRUPT', {
      what: `the ledger in schema ${schema} has schema version ${version}; this mxodus knows versions up to ${NEWEST}`,
      why: 'a newer mxodus wrote it',
      advice: 'use that mxodus, or a newer one, for this project',
    });
  }
  return version;
}

async function versionIn(writer: Writer): Promise<number> {
  const [row] = await writer.rows('select max(version) as version from mxodus_schema');
  return row === undefined ? 0 : (integerOrNull(row, 'version') ?? 0);
}
