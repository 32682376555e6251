import { existsSync } from 'node:fs';
import { exportLines, type TableSource } from '../transfer/export-lines.ts';
import { importLines, RowRefused, type TableSink, type TransferCounts } from '../transfer/import-lines.ts';
import { ledgerNotEmpty } from '../transfer/not-empty.ts';
import type { Table, Value } from '../transfer/tables.ts';
import { openForReading, openForWriting } from './database.ts';
import { LedgerFile, type Row } from './ledger-file.ts';
import { isUpToDate, migrate, schemaVersion } from './migrate.ts';

const PAGE_ROWS = 2000;

/**
 * The ledger as it is now, see `exportLines`; it may be written to meanwhile. One of an older mxodus is brought up to date first. null:
 * there is none.
 */
export async function exportSqliteLedger(path: string): Promise<AsyncGenerator<string> | null> {
  if (!existsSync(path)) return null;
  const looked = new LedgerFile(openForReading(path), path);
  try {
    const version = schemaVersion(looked, path);
    if (version === null) return null;
    if (!isUpToDate(version)) bringUpToDate(path);
  } finally {
    looked.close();
  }
  return linesOf(path);
}

function bringUpToDate(path: string): void {
  const file = new LedgerFile(openForWriting(path), path);
  try {
    migrate(file, path);
  } finally {
    file.close();
  }
}

async function* linesOf(path: string): AsyncGenerator<string> {
  const file = new LedgerFile(openForReading(path), path);
  try {
    // All pages are of one moment: that of the first statement after `begin`.
    file.exec('begin');
    file.get('select max(version) from mxodus_schema');
    yield* exportLines(sourceOf(file));
  } finally {
    file.close();
  }
}

const sourceOf = (file: LedgerFile): TableSource => ({
  page: async (table, after) => {
    const key = table.columns.slice(0, table.key).map(({ name }) => name);
    const from = after === null ? '' : `where (${key.join(', ')}) > (${key.map(() => '?').join(', ')})`;
    const columns = table.columns.map(({ name }) => name).join(', ');
    const sql = `select ${columns} from ${table.name} ${from} order by ${key.join(', ')} limit ${PAGE_ROWS}`;
    return file.all(sql, ...(after ?? [])).map((row) => table.columns.map(({ name }) => valueIn(row, name)));
  },
});

function valueIn(row: Row, column: string): Value {
  const value = row[column];
  if (typeof value === 'number' || typeof value === 'string' || value === null) return value;
  throw new Error(`the ledger has a ${typeof value} in its column ${column}`);
}

/**
 * Fills the ledger at `path`, made when it is not there, with an export: all of it, or nothing. Throws LEDGER_NOT_EMPTY,
 * EXPORT_INVALID.
 */
export async function importSqliteLedger(path: string, lines: AsyncIterable<string>): Promise<TransferCounts> {
  const file = new LedgerFile(openForWriting(path), path);
  try {
    migrate(file, path);
    file.exec('begin immediate');
    if (file.get('select 1 from mailboxes limit 1') !== undefined) throw ledgerNotEmpty();
    // Without mailboxes: what was spent and numbered to make a plan.
    for (const table of ['items', 'item_folders', 'traffic']) file.exec(`delete from ${table}`);
    const counts = await importLines(lines, sinkOf(file));
    file.exec('commit');
    return counts;
  } finally {
    // What was not committed is given up.
    file.close();
  }
}

const sinkOf = (file: LedgerFile): TableSink => ({
  insert: async (table: Table, rows) => {
    const columns = table.columns.map(({ name }) => name);
    const values = columns.map(() => '?').join(', ');
    const sql = `insert into ${table.name} (${columns.join(', ')}) values (${values})`;
    try {
      for (const row of rows) file.run(sql, ...row);
    } catch (error) {
      throw isConstraint(error) ? new RowRefused(`a row of ${table.name}`, { cause: error }) : error;
    }
  },
});

/** SQLite's primary result code 19 (sqlite.org/rescode.html). */
const isConstraint = (error: unknown): boolean =>
  error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' && (error.errcode & 0xff) === 19;
