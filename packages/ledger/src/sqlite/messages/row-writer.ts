import type { SQLInputValue } from 'node:sqlite';
import { invariant } from '@mxodus/model';
import type { LedgerFile } from '../ledger-file.ts';
import { GROUP, type RowsStatement } from './write-statements.ts';

export interface RowKey {
  folderId: number;
  uid: number;
}

export type RowValues = [folderId: number, uid: number, ...SQLInputValue[]];

/** A group changed fewer rows than it has; which one may not change is found one by one. */
class NotEachRow extends Error {}

/** Writes rows of which each must change: many at once, or, to name the one that may not change, one by one. */
export class RowWriter {
  readonly #file: LedgerFile;
  readonly #inGroups: boolean;

  private constructor(file: LedgerFile, inGroups: boolean) {
    this.#file = file;
    this.#inGroups = inGroups;
  }

  /** `work` in one transaction that does not wait for the disk; when a row of it may not change it throws INVARIANT, and nothing has changed. */
  static write(file: LedgerFile, work: (rows: RowWriter) => void): void {
    try {
      file.soon(() => work(new RowWriter(file, true)));
    } catch (error) {
      if (!(error instanceof NotEachRow)) throw error;
      file.soon(() => work(new RowWriter(file, false)));
    }
  }

  each(statement: RowsStatement, rows: readonly RowValues[]): void {
    const grouped = this.#inGroups ? rows.length - (rows.length % GROUP) : 0;
    const group = this.#file.prepare(statement.group);
    for (let start = 0; start < grouped; start += GROUP) {
      const values = rows.slice(start, start + GROUP).flat();
      if (group.run(...values).changes !== GROUP) throw new NotEachRow();
    }
    const single = this.#file.prepare(statement.single);
    for (const row of rows.slice(grouped)) {
      const [folderId, uid] = row;
      this.#assertChanged(single.run(...row).changes, { folderId, uid });
    }
  }

  /** @param sql takes folder and UID, then `values`. */
  one(sql: string, { folderId, uid }: RowKey, ...values: SQLInputValue[]): void {
    this.#assertChanged(this.#file.prepare(sql).run(folderId, uid, ...values).changes, { folderId, uid });
  }

  #assertChanged(changes: number | bigint, { folderId, uid }: RowKey): void {
    if (changes === 1) return;
    const row = this.#file.get('select state, gone from messages where folder_id = ? and uid = ?', folderId, uid);
    const state = row === undefined ? 'none' : `${row.state}${row.gone === 1 ? ', gone' : ''}`;
    invariant(false, `folder ${folderId} UID ${uid} may not change that way: its state is ${state}`);
  }
}
