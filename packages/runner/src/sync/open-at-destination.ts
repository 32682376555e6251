import { type FolderScan, type LedgerFolder, MxodusError } from '@mxodus/model';
import type { FolderTask } from './folder-task.ts';
import { rowsByUid } from './rows-by-uid.ts';
import type { OpenFolder, SyncContext } from './sync-context.ts';

/** null: there is nothing to put there. A folder the user deleted at the destination is only made again for new mail. */
export async function openAtDestination(
  context: SyncContext,
  task: FolderTask,
  { row, scan }: { row: LedgerFolder; scan: FolderScan },
): Promise<OpenFolder | null> {
  if (task.atDestination === null && row.finished !== null && scan.messages.length === 0) return null;
  const session = await context.connections.destination();
  let status = task.atDestination === null ? null : await session.status(task.destination);
  if (status === null) {
    if (row.finished !== null && !(await hasNews(context, row, scan))) return null;
    await session.create(task.destination, task.role);
    status = await session.status(task.destination);
  }
  if (status === null) {
    throw new MxodusError('FOLDER_REFUSED', {
      what: `the destination folder "${task.destination}" cannot be opened after it was made`,
      why: 'the destination hides it, or the account may not read it',
      advice: 'give it another name with `sync.folders.map`, then plan again',
    });
  }
  if (row.finished === null && task.subscribed && task.atDestination?.subscribed !== true)
    await session.subscribe(task.destination);
  await context.ledger.setDestinationUidValidity(row.id, status.uidValidity);
  if (row.finished === null) await noteRenamed(context, task, row.id);
  row.destinationUidValidity = status.uidValidity;
  const { permanentFlags } = await session.scan(task.destination, { fromUid: status.uidNext, writable: true });
  return {
    ledgerId: row.id,
    source: task.source,
    sourceUidValidity: scan.uidValidity,
    destination: task.destination,
    destinationUidValidity: status.uidValidity,
    permanentFlags,
    floor: status.uidNext,
    appendLimit: session.facts.appendLimit,
  };
}

async function noteRenamed(context: SyncContext, task: FolderTask, ledgerId: number): Promise<void> {
  if (task.renamed === null || task.source === task.destination) return;
  const alteration = {
    uid: null,
    what: `the folder is named "${task.destination}" at the destination`,
    why: task.renamed,
  };
  await context.ledger.addAlterations(context.passId, ledgerId, [alteration]);
  context.emit({ type: 'alteration', mailbox: context.mailbox.address, folder: task.source, ...alteration });
}

async function hasNews(context: SyncContext, row: LedgerFolder, { messages }: FolderScan): Promise<boolean> {
  const known = await rowsByUid(context, row.id);
  return messages.some((message) => known.get(message.uid)?.state !== 'stored');
}
