import { invariant } from '@mxodus/model';

export type Row = Readonly<Record<string, unknown>>;

/** Columns of a row, checked. The tables are STRICT: another type is a bug in the statement. */

export function integer(row: Row, column: string): number {
  const value = row[column];
  invariant(typeof value === 'number', `the ledger's column ${column} is an integer`);
  return value;
}

export function text(row: Row, column: string): string {
  const value = row[column];
  invariant(typeof value === 'string', `the ledger's column ${column} is text`);
  return value;
}

export const integerOrNull = (row: Row, column: string): number | null =>
  row[column] === null ? null : integer(row, column);

export const textOrNull = (row: Row, column: string): string | null =>
  row[column] === null ? null : text(row, column);
