import { createHash, type Hash } from 'node:crypto';
import { MxodusError } from '@mxodus/model';
import { FORMAT_VERSION, headOf } from './export-lines.ts';
import { type Column, SCHEMA_VERSION, TABLES, type Table, type Value } from './tables.ts';

const ROWS_AT_ONCE = 1000;

/** Rows by table. */
export type TransferCounts = Readonly<Record<string, number>>;

/** What an unchanged export never has: a row twice, or one that refers to nothing. */
export class RowRefused extends Error {}

/** An empty ledger, in a transaction that is given up when `importLines` throws. */
export interface TableSink {
  /** Throws RowRefused when the rules of the tables refuse a row. */
  insert(table: Table, rows: readonly (readonly Value[])[]): Promise<void>;
}

/** Puts what `exportLines` wrote into `sink`. Throws EXPORT_INVALID when it is not that, whole and unchanged. */
export async function importLines(lines: AsyncIterable<string>, sink: TableSink): Promise<TransferCounts> {
  const reader = new Reader(sink);
  for await (const line of lines) await reader.take(line);
  return reader.end();
}

/**
 *   expects   line                            next
 *   header    format and schema               table 0, its head
 *   head      table and columns               rows of that table
 *   rows      a row                           rows
 *             the head of the next table      rows of that one
 *             counts and hash, at the last    end
 *   end       nothing                         -
 */
class Reader {
  readonly #sink: TableSink;
  readonly #hash: Hash = createHash('sha256');
  readonly #counts: Record<string, number> = {};
  #line = 0;
  /** -1: its head has not come. */
  #table = -1;
  #rows: Value[][] = [];
  #ended = false;

  constructor(sink: TableSink) {
    this.#sink = sink;
  }

  async take(text: string): Promise<void> {
    this.#line += 1;
    const content = this.#parse(text);
    if (this.#ended) throw this.#invalid('something follows its closing line');
    if (this.#line === 1) this.#header(content);
    else if (Array.isArray(content)) await this.#row(content);
    else if ('table' in content) await this.#head(content);
    else await this.#close(content);
    this.#hash.update(`${text}\n`);
  }

  end(): TransferCounts {
    if (!this.#ended) throw this.#invalid('it is cut off: its closing line is missing');
    return this.#counts;
  }

  #parse(text: string): object {
    let content: unknown;
    try {
      content = JSON.parse(text);
    } catch {
      throw this.#invalid('it is not JSON');
    }
    if (typeof content !== 'object' || content === null) throw this.#invalid('it is neither a row nor a heading');
    return content;
  }

  #header(content: object): void {
    if (!('mxodus_ledger' in content && 'schema' in content))
      throw this.#invalid('it does not begin as an export does');
    const { mxodus_ledger: format, schema } = content;
    if (format === FORMAT_VERSION && schema === SCHEMA_VERSION) return;
    throw this.#invalid(
      `it has format ${String(format)} and schema ${String(schema)}; this mxodus reads ${FORMAT_VERSION} and ${SCHEMA_VERSION}`,
      'export and import with the same mxodus',
    );
  }

  async #head(content: object): Promise<void> {
    await this.#flush();
    this.#table += 1;
    const table = TABLES[this.#table];
    if (table === undefined || JSON.stringify(content) !== JSON.stringify(headOf(table)))
      throw this.#invalid('it heads another table than the one that comes here');
    this.#counts[table.name] = 0;
  }

  async #row(values: readonly unknown[]): Promise<void> {
    const table = TABLES[this.#table];
    if (table === undefined) throw this.#invalid('it is a row of no table');
    if (values.length !== table.columns.length) throw this.#invalid('the row has another number of columns');
    this.#rows.push(table.columns.map((column, index) => this.#value(column, values[index])));
    if (this.#rows.length >= ROWS_AT_ONCE) await this.#flush();
  }

  #value({ name, kind }: Column, value: unknown): Value {
    if (value === null) return null;
    if (kind === 'text' && typeof value === 'string') return value;
    if (kind === 'integer' && typeof value === 'number' && Number.isSafeInteger(value)) return value;
    throw this.#invalid(`its ${name} is not of that kind`);
  }

  async #close(content: object): Promise<void> {
    await this.#flush();
    if (this.#table !== TABLES.length - 1) throw this.#invalid('tables are missing before its closing line');
    const expected = { counts: this.#counts, sha256: this.#hash.copy().digest('hex') };
    if (JSON.stringify(content) !== JSON.stringify(expected))
      throw this.#invalid('counts or SHA-256 of its closing line are not those of the lines before');
    this.#ended = true;
  }

  async #flush(): Promise<void> {
    const table = TABLES[this.#table];
    if (table === undefined || this.#rows.length === 0) return;
    const rows = this.#rows;
    this.#rows = [];
    try {
      await this.#sink.insert(table, rows);
    } catch (error) {
      throw error instanceof RowRefused ? this.#invalid(`a row of ${table.name} before it fits nothing`) : error;
    }
    this.#counts[table.name] = (this.#counts[table.name] ?? 0) + rows.length;
  }

  #invalid(why: string, advice = 'export the ledger again, and bring the file over whole'): MxodusError {
    return new MxodusError('EXPORT_INVALID', {
      what: 'nothing was imported: the file is not a whole export of a ledger',
      why: `line ${this.#line}: ${why}`,
      advice,
    });
  }
}
