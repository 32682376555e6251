import { type FolderStatus, type LedgerFolder, MxodusError } from '@mxodus/model';
import type { FolderTask } from './folder-task.ts';
import type { OpenFolder, SyncContext } from './sync-context.ts';

/**
 * Opens the folder at the destination; makes it when `wanted` and it is not there. null: it is not there and nothing wants it. A
 * folder the user deleted at the destination is only made again for new mail, and so is every folder when mail goes back.
 */
export async function openAtDestination(
  context: SyncContext,
  task: FolderTask,
  { row, wanted }: { row: LedgerFolder; wanted: boolean },
): Promise<OpenFolder | null> {
  const goesBack = context.backwards !== null;
  if (goesBack && !wanted) return null;
  const session = await context.connections.destination();
  const isNew = row.finished === null;
  if (task.atDestination === null) {
    if (!wanted && !isNew) return null;
    // Asked anew: another source folder of this pass may have made it.
    if ((await session.status(task.destination)) === null) await session.create(task.destination, task.role);
  }
  const subscribes = isNew && task.subscribed && task.atDestination?.subscribed !== true;
  // Going back, a folder that is there is left as it is.
  if (subscribes && !(goesBack && task.atDestination !== null)) await session.subscribe(task.destination);
  const scan = await openedFolder(context, task);
  const atDestination: FolderStatus = {
    messages: scan.exists,
    uidNext: scan.uidNext,
    uidValidity: scan.uidValidity,
    highestModseq: scan.highestModseq,
    bytes: null,
  };
  await context.ledger.setDestinationUidValidity(row.id, scan.uidValidity);
  if (isNew) await noteRenamed(context, task, row.id);
  return {
    ledgerId: row.id,
    source: task.source,
    sourceUidValidity: task.status.uidValidity,
    destination: task.destination,
    destinationUidValidity: scan.uidValidity,
    permanentFlags: scan.permanentFlags,
    atDestination,
    appendLimit: session.facts.appendLimit,
  };
}

async function openedFolder(context: SyncContext, task: FolderTask) {
  const session = await context.connections.destination();
  const nothing = { from: 2 ** 32 - 1 };
  try {
    return await session.scan(task.destination, { range: nothing, writable: true });
  } catch (error) {
    if (!(error instanceof MxodusError) || error.code !== 'SERVER_ANSWER') throw error;
    throw new MxodusError('FOLDER_REFUSED', {
      what: `the destination folder "${task.destination}" cannot be opened: ${error.what}`,
      why: 'the destination hides it, or the account may not read it',
      advice: 'give it another name with `sync.folders.map`, then plan again',
      cause: error,
    });
  }
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
