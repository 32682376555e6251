import { type Look, pairLooks } from './pair-looks.ts';

/** A message of a folder under one numbering. */
export interface NumberedMessage extends Look {
  uid: number;
}

export interface Renumbering<R, M> {
  sure: { row: R; message: M }[];
  /** Only the content tells, or the digests that are missing: with them the same question may have an answer. */
  unclear: { rows: R[]; messages: M[] }[];
  /** Rows the source no longer has, and messages nobody knew. */
  left: { rows: R[]; messages: M[] };
}

/**
 * Says which message of a source folder is which row of the ledger after its UIDs changed: another UIDVALIDITY, or a restored backup.
 * By date, size and header digest, as multisets; equal ones by ascending UID.
 */
export function pairRenumbered<R extends NumberedMessage, M extends NumberedMessage>(
  rows: readonly R[],
  messages: readonly M[],
): Renumbering<R, M> {
  const looks = pairLooks(byUid(rows), byUid(messages));
  return {
    sure: looks.sure.map(({ a, b }) => ({ row: a, message: b })),
    unclear: looks.unclear.map(({ a, b }) => ({ rows: a, messages: b })),
    left: { rows: looks.left.a, messages: looks.left.b },
  };
}

const byUid = <T extends NumberedMessage>(messages: readonly T[]): T[] => [...messages].sort((a, b) => a.uid - b.uid);
