import type { LedgerFolder } from '@mxodus/model';
import type { FolderTask } from './folder-task.ts';
import type { SyncContext } from './sync-context.ts';

/**
 * UIDNEXT of the destination folder went backwards under the same UIDVALIDITY, which only a restored backup does: messages above it
 * are lost there, by no wish of the user. They are sent again, unless they are found.
 */
export async function forgetRestored(context: SyncContext, task: FolderTask, row: LedgerFolder): Promise<void> {
  const now = task.atDestination?.status;
  const before = row.destinationFinished;
  if (now === undefined || before === null || row.destinationUidValidity !== now.uidValidity) return;
  if (now.uidNext >= before.uidNext || context.rules.appendOnly) return;
  const rows = await context.ledger.messages(row.id);
  const lost = rows.filter((message) => message.destinationUid !== null && message.destinationUid >= now.uidNext);
  await context.ledger.forgetStored(
    row.id,
    lost.map(({ uid }) => uid),
  );
  // What is sent again is new to the ledger: the folder is looked at whole.
  row.finished = null;
  row.destinationFinished = null;
  const alteration = {
    uid: null,
    what: `${lost.length} messages are sent again: the destination folder was set back`,
    why: `its UIDNEXT was ${before.uidNext} and is ${now.uidNext}: it was restored from a backup`,
  };
  await context.ledger.addAlterations(context.passId, row.id, [alteration]);
  context.emit({ type: 'alteration', mailbox: context.mailbox.address, folder: task.source, ...alteration });
}
