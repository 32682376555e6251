import { createHash } from 'node:crypto';
import { SCHEMA_VERSION, TABLES, type Table, type Value } from './tables.ts';

/** Of the lines themselves; another one is another format. */
export const FORMAT_VERSION = 1;

/** A ledger as it is at one moment. */
export interface TableSource {
  /** The next rows in the order of the key; `after` is the key of the last one before; null: from the first on. Empty: no more. */
  page(table: Table, after: readonly Value[] | null): Promise<readonly (readonly Value[])[]>;
}

/**
 * A whole ledger as JSON lines, without line ends; equal ledgers give equal lines, whatever they are kept in:
 *
 *   {"mxodus_ledger":1,"schema":3}                     format, schema
 *   {"table":"mailboxes","columns":["id","address",…]} then the rows of the table, each an array in the order of the columns
 *   {"counts":{"mailboxes":2,…},"sha256":"…"}          SHA-256 of all lines before it, each with "\n"
 */
export async function* exportLines(source: TableSource): AsyncGenerator<string> {
  const hash = createHash('sha256');
  const hashed = (content: unknown): string => {
    const line = JSON.stringify(content);
    hash.update(`${line}\n`);
    return line;
  };
  yield hashed({ mxodus_ledger: FORMAT_VERSION, schema: SCHEMA_VERSION });
  const counts: Record<string, number> = {};
  for (const table of TABLES) {
    yield hashed(headOf(table));
    let count = 0;
    for (let after: readonly Value[] | null = null; ; ) {
      const rows = await source.page(table, after);
      const last = rows.at(-1);
      if (last === undefined) break;
      for (const row of rows) yield hashed(row);
      count += rows.length;
      after = last.slice(0, table.key);
    }
    counts[table.name] = count;
  }
  yield JSON.stringify({ counts, sha256: hash.digest('hex') });
}

export const headOf = ({ name, columns }: Table): { table: string; columns: string[] } => ({
  table: name,
  columns: columns.map((column) => column.name),
});
