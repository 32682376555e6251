import { invariant, type NotMovedRow } from '@mxodus/model';
import { integer, text, textOrNull } from '../../rows/columns.ts';
import type { LedgerFile } from '../ledger-file.ts';

export function listNotMoved(file: LedgerFile): NotMovedRow[] {
  const rows = file.all(
    `select current_mailboxes.address, current_folders.source,
       messages.uid, messages.state, messages.bytes, messages.reason
     from current_mailboxes
     join current_folders on current_folders.mailbox_id = current_mailboxes.id
     join messages on messages.folder_id = current_folders.id
     where messages.state <> 'stored'
     order by current_mailboxes.address, current_folders.source, messages.uid`,
  );
  return rows.map((row) => {
    const state = text(row, 'state');
    invariant(
      state === 'intent' || state === 'cannot' || state === 'failed',
      `${state} is a state of what is not moved`,
    );
    return {
      address: text(row, 'address'),
      folder: text(row, 'source'),
      uid: integer(row, 'uid'),
      state,
      bytes: integer(row, 'bytes'),
      reason: textOrNull(row, 'reason'),
    };
  });
}
