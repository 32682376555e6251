import type { LedgerFolder } from '@mxodus/model';

import { bucketsOf } from './buckets.ts';
import { integer, integerOrNull, type Row, text, textOrNull } from './columns.ts';

/** What `folderOf` reads. */
export const FOLDER_COLUMNS = `
  folders.id, folders.source, folders.uid_validity, folders.destination, folders.destination_uid_validity,
  folders.messages, folders.uid_next, folders.highest_modseq, folders.bytes,
  folders.destination_uid_next, folders.destination_messages,
  folders.already_there, folders.moved_before, folders.moved_now, folders.cannot, folders.failed, folders.in_doubt,
  folders.excluded`;

export function folderOf(row: Row): LedgerFolder {
  const uidValidity = integer(row, 'uid_validity');
  const messages = integerOrNull(row, 'messages');
  const destinationMessages = integerOrNull(row, 'destination_messages');
  return {
    id: integer(row, 'id'),
    source: text(row, 'source'),
    uidValidity,
    destination: text(row, 'destination'),
    destinationUidValidity: integerOrNull(row, 'destination_uid_validity'),
    finished:
      messages === null
        ? null
        : {
            messages,
            uidNext: integer(row, 'uid_next'),
            uidValidity,
            highestModseq: textOrNull(row, 'highest_modseq'),
            bytes: integerOrNull(row, 'bytes'),
          },
    destinationFinished:
      destinationMessages === null
        ? null
        : { uidNext: integer(row, 'destination_uid_next'), messages: destinationMessages },
    buckets: bucketsOf(row),
  };
}
