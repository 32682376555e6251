import { folderOrder, isLabelView, type LabelPolicy, labelOrder, mapFolders } from '@mxodus/engine';
import type { Folder, MailSession, Plan, PlanMailbox } from '@mxodus/model';
import { caseFolding } from '../plan/case-folding.ts';
import { mapWithProbes } from '../plan/map-with-probes.ts';
import type { FolderTask } from './folder-task.ts';

export interface PlacedFolders {
  tasks: FolderTask[];
  excludedMessages: number;
  /** Source folders that can be opened, the excluded ones too. */
  listed: ReadonlySet<string>;
  /** What the destination has. */
  destination: readonly Folder[];
}

interface Ends {
  source: MailSession;
  destination: MailSession;
  signal: AbortSignal;
  labels: LabelPolicy | null;
}

/** The plan's folders where it put them; folders that appeared since by its rules. */
export async function placeFolders(mailbox: PlanMailbox, plan: Plan, ends: Ends): Promise<PlacedFolders> {
  const [source, destination] = await Promise.all([ends.source.listFolders(), ends.destination.listFolders()]);
  const planned = new Map(mailbox.folders.map((folder) => [folder.source, folder]));
  const bySource = new Map(source.map((folder) => [folder.path, folder]));
  const byDestination = new Map(destination.map((folder) => [folder.path, folder]));
  const tasks: FolderTask[] = [];
  let excludedMessages = 0;
  for (const decision of await decide(mailbox, plan, { ...ends, folders: { source, destination } })) {
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
      renamed: planned.get(decision.source)?.renamed ?? decision.renamed,
      status,
      atDestination: selectable(byDestination.get(decision.destination)),
    });
  }
  const listed = new Set(source.filter((folder) => folder.status !== null).map((folder) => folder.path));
  const isGmail = ends.source.facts.capabilities.includes('X-GM-EXT-1');
  const ordered = isGmail ? labelOrder(tasks, ends.labels ?? 'folders') : folderOrder(tasks);
  return { tasks: ordered, excludedMessages, listed, destination };
}

/** Only a folder the plan does not know needs to be asked about. */
async function decide(
  mailbox: PlanMailbox,
  plan: Plan,
  ends: Ends & { folders: { source: Folder[]; destination: Folder[] } },
) {
  const moved = mailbox.folders.filter((folder) => !folder.excluded);
  const known = new Set(mailbox.folders.map((folder) => folder.source));
  const { folders, source, destination } = ends;
  const input = {
    source: folders.source,
    sourceNamespace: source.facts.namespace,
    destination: folders.destination,
    destinationNamespace: destination.facts.namespace,
    rules: { exclude: [...plan.rules.exclude, ...labelViews(source, folders.source)], map: plan.rules.map },
    fixed: new Map(moved.map((folder) => [folder.source, folder.destination])),
  };
  if (folders.source.every((folder) => known.has(folder.path) || folder.status === null)) {
    return mapFolders({ ...input, foldsCase: false });
  }
  const foldsCase = (await caseFolding(destination, folders.destination)) === 'folds';
  return mapWithProbes(destination, { ...input, foldsCase }, ends.signal);
}

const selectable = (folder: Folder | undefined): FolderTask['atDestination'] =>
  folder === undefined || folder.status === null ? null : { subscribed: folder.subscribed, status: folder.status };

/** Gmail's Starred and Important list what other folders hold. */
export function labelViews({ facts }: MailSession, folders: readonly Folder[]): string[] {
  if (!facts.capabilities.includes('X-GM-EXT-1')) return [];
  return folders.filter(isLabelView).map(({ path }) => path);
}
