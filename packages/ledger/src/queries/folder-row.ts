import type { LedgerFolder } from '@mxodus/model';
import type { Selectable } from 'kysely';
import type { LedgerSchema } from '../schema.ts';
import { bucketsOf } from './bucket-columns.ts';

export const FOLDER_COLUMNS = [
  'folders.id',
  'folders.source',
  'folders.uid_validity',
  'folders.destination',
  'folders.destination_uid_validity',
  'folders.messages',
  'folders.uid_next',
  'folders.highest_modseq',
  'folders.bytes',
  'folders.already_there',
  'folders.moved_before',
  'folders.moved_now',
  'folders.cannot',
  'folders.failed',
  'folders.in_doubt',
  'folders.excluded',
] as const;

type Row = Omit<Selectable<LedgerSchema['folders']>, 'mailbox_id' | 'opened'>;

export function folderOf(row: Row): LedgerFolder {
  const { messages, uid_next: uidNext, uid_validity: uidValidity } = row;
  return {
    id: row.id,
    source: row.source,
    uidValidity,
    destination: row.destination,
    destinationUidValidity: row.destination_uid_validity,
    finished:
      messages === null || uidNext === null
        ? null
        : { messages, uidNext, uidValidity, highestModseq: row.highest_modseq, bytes: row.bytes },
    buckets: bucketsOf(row),
  };
}
