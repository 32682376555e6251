import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite';
import { fromSqlite } from './sqlite-error.ts';

export type Row = Record<string, SQLOutputValue>;

/** One open ledger file. Everything runs synchronously, so nothing of this process comes between the statements of a transaction. */
export class LedgerFile {
  readonly #db: DatabaseSync;
  readonly #path: string;
  readonly #prepared = new Map<string, StatementSync>();
  #waitsForDisk = true;

  /** @param db with `synchronous` at full. */
  constructor(db: DatabaseSync, path: string) {
    this.#db = db;
    this.#path = path;
  }

  /** The statement of this text, prepared once. */
  prepare(sql: string): StatementSync {
    const known = this.#prepared.get(sql);
    if (known !== undefined) return known;
    const statement = this.#db.prepare(sql);
    this.#prepared.set(sql, statement);
    return statement;
  }

  get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#guarded(() => this.prepare(sql).get(...values));
  }

  all(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#guarded(() => this.prepare(sql).all(...values));
  }

  /** How many rows it changed. */
  run(sql: string, ...values: SQLInputValue[]): number {
    return this.#guarded(() => Number(this.prepare(sql).run(...values).changes));
  }

  /** Runs a statement that is not needed again. */
  exec(sql: string): void {
    this.#guarded(() => this.#db.exec(sql));
  }

  /** Runs `work` in one transaction, all of it or nothing. What it wrote survives the loss of power. */
  durably<T>(work: () => T): T {
    return this.#transaction(true, work);
  }

  /**
   * The same, and what it wrote survives the death of the process. WAL keeps the order, so it survives the loss of power too as
   * soon as the next `durably` is through.
   */
  soon<T>(work: () => T): T {
    return this.#transaction(false, work);
  }

  close(): void {
    this.#db.close();
  }

  #transaction<T>(waitsForDisk: boolean, work: () => T): T {
    return this.#guarded(() => {
      this.#setSynchronous(waitsForDisk);
      try {
        this.#db.exec('begin immediate');
        const result = work();
        this.#db.exec('commit');
        return result;
      } catch (error) {
        // SQLite ends the transaction itself on some errors (a full disk is one).
        if (this.#db.isTransaction) this.#db.exec('rollback');
        throw error;
      }
    });
  }

  /** In WAL mode: full waits for the disk at each commit, normal only when the WAL is moved into the file. */
  #setSynchronous(waitsForDisk: boolean): void {
    if (waitsForDisk === this.#waitsForDisk) return;
    this.#db.exec(`pragma synchronous = ${waitsForDisk ? 'full' : 'normal'}`);
    this.#waitsForDisk = waitsForDisk;
  }

  #guarded<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw fromSqlite(error, this.#path);
    }
  }
}
