import { MxodusError } from '@mxodus/model';
import type pg from 'pg';
import { exportLines, type TableSource } from '../transfer/export-lines.ts';
import { importLines, RowRefused, type TableSink, type TransferCounts } from '../transfer/import-lines.ts';
import { ledgerNotEmpty } from '../transfer/not-empty.ts';
import { type Column, TABLES, type Table, type Value } from '../transfer/tables.ts';
import type { Database, Fence, Writer } from './database.ts';
import { codeOf, fromPostgres } from './pg-error.ts';
import { storable } from './storable.ts';

const PAGE_ROWS = 5000;
/** SQLSTATE class 23: integrity constraint violation. */
const CONSTRAINT = /^23/;

/**
 * The ledger in `schema`, up to date, as it is now, see `exportLines`; it may be written to meanwhile.
 *
 * @param connect makes a connection of the export's own: it is in one transaction from the first line to the last
 */
export async function* exportPostgresLedger(
  connect: () => Promise<pg.ClientBase & { end(): Promise<void> }>,
  schema: string,
): AsyncGenerator<string> {
  const client = await troubleTold(connect);
  try {
    // What is read is of the moment of the first statement after `begin`.
    await troubleTold(() => client.query('begin isolation level repeatable read read only; select 1'));
    yield* exportLines(sourceOf(client, schema));
  } finally {
    await client.end();
  }
}

async function troubleTold<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw fromPostgres(error);
  }
}

const sourceOf = (client: pg.ClientBase, schema: string): TableSource => ({
  page: async (table, after) => {
    const text = pageOf(table, schema, after !== null);
    const query = { text, values: [...(after ?? [])], rowMode: 'array' } as const;
    const { rows } = await troubleTold(() => client.query<unknown[]>(query));
    return rows.map((row) => table.columns.map((column, index) => valueIn(column, row[index])));
  },
});

/** Texts in the order of their bytes, as SQLite has them, whatever the order of the column. */
function pageOf({ name, columns, key }: Table, schema: string, isLater: boolean): string {
  const keys = columns.slice(0, key);
  const inOrder = keys.map((column) => (column.kind === 'text' ? `${column.name} collate "C"` : column.name));
  const after = keys.map((_, index) => `$${index + 1}`).join(', ');
  const from = isLater ? `where (${inOrder.join(', ')}) > (${after})` : '';
  const all = columns.map((column) => column.name).join(', ');
  return `select ${all} from ${schema}.${name} ${from} order by ${inOrder.join(', ')} limit ${PAGE_ROWS}`;
}

/** pg gives an int8 as text, an int4 as a number. */
function valueIn({ name, kind }: Column, value: unknown): Value {
  if (value === null) return null;
  if (kind === 'text' && typeof value === 'string') return value;
  const number = Number(value);
  if (kind === 'integer' && Number.isSafeInteger(number)) return number;
  throw new Error(`the ledger has a ${typeof value} in its column ${name}`);
}

/**
 * Fills the ledger in `schema`, up to date, with an export: all of it, or nothing. Throws LEDGER_NOT_EMPTY, EXPORT_INVALID, and
 * LEDGER_UNREACHABLE when the server is away in the middle: the lines cannot be read again.
 */
export async function importPostgresLedger(
  database: Database,
  { schema, lines, fence }: { schema: string; lines: AsyncIterable<string>; fence: Fence | null },
): Promise<TransferCounts> {
  let begun = false;
  return database.write(async (writer) => {
    if (begun) throw cutShort();
    const known = await writer.rows(`select 1 from ${schema}.mailboxes limit 1`);
    if (known.length > 0) throw ledgerNotEmpty();
    // Without mailboxes: what was spent and numbered to make a plan.
    for (const table of ['items', 'item_folders', 'traffic']) await writer.changed(`delete from ${schema}.${table}`);
    begun = true;
    const counts = await importLines(lines, sinkOf(writer, schema));
    for (const { name, columns } of TABLES) {
      if (columns[0]?.name === 'id') await writer.rows(goOnAfter(`${schema}.${name}`));
    }
    return counts;
  }, fence);
}

const goOnAfter = (table: string): string => `
  select setval(pg_get_serial_sequence('${table}', 'id'), coalesce(max(id), 1), max(id) is not null) from ${table}`;

const sinkOf = (writer: Writer, schema: string): TableSink => ({
  insert: async ({ name, columns }, rows) => {
    const arrays = columns.map(({ kind }, index) => `$${index + 1}::${kind === 'text' ? 'text' : 'bigint'}[]`);
    const into = `insert into ${schema}.${name} (${columns.map((column) => column.name).join(', ')})`;
    const values = columns.map((_, index) => rows.map((row) => asStorable(row[index] ?? null)));
    try {
      await writer.changed(`${into} select * from unnest(${arrays.join(', ')})`, values);
    } catch (error) {
      throw CONSTRAINT.test(codeOf(error) ?? '') ? new RowRefused(`a row of ${name}`, { cause: error }) : error;
    }
  },
});

const asStorable = (value: Value): Value => (typeof value === 'string' ? storable(value) : value);

const cutShort = (): MxodusError =>
  new MxodusError('LEDGER_UNREACHABLE', {
    what: 'the PostgreSQL server of the ledger went away in the middle of the import',
    why: 'the connection ended before all lines were written',
    advice: 'nothing was imported: run the same command again',
  });
