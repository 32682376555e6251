import type { UidRange } from '@mxodus/model';
import type { FetchRow } from './fetch-row.ts';
import type { Listener } from './wire.ts';

/** Collects the FETCH rows of a range, each UID once. */
export class FolderRows<T extends { uid: number }> implements Listener {
  readonly #range: UidRange;
  readonly #read: (row: FetchRow) => T | null;
  readonly #rows: T[] = [];
  #ascending = true;
  /** Rows nobody can read. */
  unreadable = 0;

  /** @param read null: the row is news, not what was asked for */
  constructor(range: UidRange, read: (row: FetchRow) => T | null) {
    this.#range = range;
    this.#read = read;
  }

  row(row: FetchRow): boolean {
    // `a:*` has the last message even when its UID is below a.
    if (row.uid < this.#range.from || row.uid > (this.#range.to ?? Infinity)) return row.uid !== 0;
    const found = this.#read(row);
    if (found === null) return false;
    if (row.uid <= (this.#rows.at(-1)?.uid ?? 0)) this.#ascending = false;
    this.#rows.push(found);
    return true;
  }

  malformed(): void {
    this.unreadable += 1;
  }

  /** Ascending; of a UID that was given twice the last counts, which is the newest. */
  get list(): T[] {
    if (this.#ascending) return this.#rows;
    const byUid = new Map(this.#rows.map((row) => [row.uid, row]));
    return [...byUid.values()].sort((a, b) => a.uid - b.uid);
  }
}
