import type { GoneMessage } from '@mxodus/model';
import { integer, integerOrNull, text, textOrNull } from '../../rows/columns.ts';
import type { LedgerFile, Row } from '../ledger-file.ts';

const EMAIL_IDS_AT_ONCE = 1000;

const PLACE = `
  folders.id as folder_id, folders.source, folders.destination, folders.destination_uid_validity,
  messages.uid, messages.bytes, messages.internal_date, messages.flags, messages.destination_uid, messages.digest,
  messages.email_id`;

const GONE = `
  select ${PLACE} from folders join messages indexed by messages_gone on messages.folder_id = folders.id
  where folders.mailbox_id = ? and messages.gone = 1
  order by folders.id, messages.uid`;

// By EMAILID first (a cross join keeps that order): a mailbox has more messages than a message has copies.
const WITH_EMAIL_IDS = `
  select ${PLACE} from messages
  cross join current_folders on current_folders.id = messages.folder_id
  join folders on folders.id = current_folders.id
  where messages.email_id in (select value from json_each(?)) and messages.state = 'stored' and messages.gone = 0
    and current_folders.mailbox_id = ?
  order by messages.folder_id, messages.uid`;

/** By folder, then by UID. */
export const readGone = (file: LedgerFile, mailboxId: number): GoneMessage[] => file.all(GONE, mailboxId).map(placeOf);

export function readPlacesOf(file: LedgerFile, mailboxId: number, emailIds: readonly string[]): GoneMessage[] {
  const places: GoneMessage[] = [];
  for (let start = 0; start < emailIds.length; start += EMAIL_IDS_AT_ONCE) {
    const some = JSON.stringify(emailIds.slice(start, start + EMAIL_IDS_AT_ONCE));
    places.push(...file.all(WITH_EMAIL_IDS, some, mailboxId).map(placeOf));
  }
  return places;
}

function placeOf(row: Row): GoneMessage {
  return {
    folderId: integer(row, 'folder_id'),
    source: text(row, 'source'),
    destination: text(row, 'destination'),
    destinationUidValidity: integerOrNull(row, 'destination_uid_validity'),
    uid: integer(row, 'uid'),
    bytes: integer(row, 'bytes'),
    internalDate: integerOrNull(row, 'internal_date'),
    flags: text(row, 'flags'),
    destinationUid: integerOrNull(row, 'destination_uid'),
    digest: textOrNull(row, 'digest'),
    emailId: textOrNull(row, 'email_id'),
  };
}
