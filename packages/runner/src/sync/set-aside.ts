import { MxodusError } from '@mxodus/model';
import { notMoved } from './copy-folder.ts';
import type { FolderTask } from './folder-task.ts';
import type { FolderWork, SyncContext } from './sync-context.ts';

/** When the destination refuses a folder the others go on, and its messages are kept as failed, with the server's words. */
export async function settingAside(
  context: SyncContext,
  { task, work }: { task: FolderTask; work: FolderWork | null },
  act: () => Promise<void>,
): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!(error instanceof MxodusError) || error.code !== 'FOLDER_REFUSED') throw error;
    const { code, what, why, advice } = error;
    const where = `${context.mailbox.address}, folder ${task.source}`;
    context.emit({ type: 'error', code, where, what, why, do: advice });
    if (work === null) return;
    const refused = [...work.look.added].map((message) => notMoved(message, 'failed', what));
    await context.ledger.settle(work.row.id, context.passId, refused);
  }
}
