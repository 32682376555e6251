import { headerFields } from '@mxodus/engine';
import type { MessageMeta } from '@mxodus/model';

/**
 * The date a message is sent with: its INTERNALDATE. Where the source's cannot be read or is older than e-mail on the Internet
 * (30-Dec-1899 is what some servers say for "none": IceWarp, imapsync #271), that of its Date header; null: the day of the move.
 */
export function arrivalDate({ internalDate }: Pick<MessageMeta, 'internalDate'>, head: Buffer): number | null {
  return isKnown(internalDate) ? internalDate : writtenDate(headerFields(head).date);
}

/** What a Date header says, where it can be read. */
export function writtenDate(written: string | null): number | null {
  const date = written === null ? Number.NaN : Date.parse(written);
  return isKnown(date) && !Number.isNaN(date) ? date : null;
}

export const isKnown = (date: number | null): date is number => date !== null && date >= 0;
