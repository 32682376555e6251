import { existsSync } from 'node:fs';
import { openForReading } from './database.ts';
import { fromSqlite } from './sqlite-error.ts';

/** A copy of the ledger as it is now, for a run that must leave it as it is. Nothing is made when there is no ledger yet. */
export async function copySqliteLedger(path: string, to: string): Promise<void> {
  if (!existsSync(path)) return;
  const db = openForReading(path);
  try {
    db.prepare('vacuum into ?').run(to);
  } catch (error) {
    throw fromSqlite(error, to);
  } finally {
    db.close();
  }
}
