import { folderOrder, mapFolders } from '@mxodus/engine';
import type { Folder, Plan, PlanMailbox } from '@mxodus/model';
import type { FolderTask } from './sync-folder.ts';

type Ends = Omit<Parameters<typeof mapFolders>[0], 'rules' | 'foldsCase' | 'fixed' | 'refused'>;

/** The plan's folders where it put them; folders that appeared since by its rules. */
export function placeFolders(
  mailbox: PlanMailbox,
  plan: Plan,
  ends: Ends,
): { tasks: FolderTask[]; excludedMessages: number } {
  const fixed = new Map(
    mailbox.folders.filter((folder) => !folder.excluded).map((folder) => [folder.source, folder.destination]),
  );
  const decisions = mapFolders({
    ...ends,
    rules: { exclude: plan.rules.exclude, map: plan.rules.map },
    foldsCase: false,
    fixed,
  });
  const bySource = new Map(ends.source.map((folder) => [folder.path, folder]));
  const byDestination = new Map(ends.destination.map((folder) => [folder.path, folder]));
  const tasks: FolderTask[] = [];
  let excludedMessages = 0;
  for (const decision of decisions) {
    const status = bySource.get(decision.source)?.status;
    if (status === undefined || status === null) continue;
    if (decision.excluded) {
      excludedMessages += status.messages;
      continue;
    }
    tasks.push({
      source: decision.source,
      destination: decision.destination,
      role: decision.role,
      subscribed: decision.subscribed,
      status,
      atDestination: selectable(byDestination.get(decision.destination)),
    });
  }
  return { tasks: folderOrder(tasks), excludedMessages };
}

const selectable = (folder: Folder | undefined): { subscribed: boolean } | null =>
  folder === undefined || folder.status === null ? null : { subscribed: folder.subscribed };
