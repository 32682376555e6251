import { invariant } from '@mxodus/model';
import type { LedgerFile } from '../ledger-file.ts';

/**
 * Rows page by page, each page as JSON of many rows in one value: quicker than row by row, with a third of the memory. The statement
 * takes the UID to go on after and `values`, and gives the `last` UID of the page and its `rows`. `T` is what it puts together: the
 * tables are STRICT and check the states, so the database has checked what this claims.
 */
export function* jsonPages<T>(
  file: LedgerFile,
  { sql, after = 0 }: { sql: string; after?: number },
  ...values: (number | string)[]
): Generator<T[]> {
  for (let last = after; ; ) {
    const page = file.get(sql, last, ...values);
    if (typeof page?.last !== 'number') return;
    invariant(typeof page.rows === 'string', 'a page of ledger rows is JSON');
    last = page.last;
    yield JSON.parse(page.rows) as T[];
  }
}
