import type { LedgerFolder } from '@mxodus/model';
import type { FolderLook } from './look-at-folder.ts';
import { MessageTable } from './message-table.ts';
import type { SyncContext } from './sync-context.ts';
import { windows } from './windows.ts';

/**
 * While several processes have a share of the folders each, none of them can tell that a message was moved by its user from one folder to
 * another. What has the date and size of a message that is known in another folder is left to the pass over the whole mailbox, which can.
 * Returns how many were left.
 */
export async function leaveTwins(context: SyncContext, row: LedgerFolder, look: FolderLook): Promise<number> {
  if (look.added.length === 0) return 0;
  const known = await keysElsewhere(context, row);
  if (known.size === 0) return 0;
  const kept = new MessageTable();
  for (const message of look.added) if (!known.has(keyOf(message))) kept.add(message);
  const left = look.added.length - kept.length;
  look.added = kept;
  return left;
}

async function keysElsewhere({ ledger, mailboxId }: SyncContext, row: LedgerFolder): Promise<Set<number>> {
  const keys = new Set((await ledger.goneMessages(mailboxId)).map(keyOf));
  for (const folder of await ledger.currentFolders(mailboxId)) {
    if (folder.id === row.id) continue;
    const messages = await ledger.countListed(folder.id);
    for (const range of messages === 0 ? [] : windows({ uidNext: folder.finished?.uidNext ?? 2 ** 32, messages })) {
      for (const message of await ledger.messages(folder.id, range)) keys.add(keyOf(message));
    }
  }
  return keys;
}

/** Date and size as one number: equal for equal messages, seldom for others. There may be half a million. */
const keyOf = ({ internalDate, bytes }: { internalDate: number | null; bytes: number }): number =>
  Math.floor((internalDate ?? 0) / 1000) * 2 ** 20 + (bytes % 2 ** 20);
