import { compareMailboxes, type FolderMap, type TruthMessage } from '@mxodus/lab';
import type { Mailbox, Stored } from './mailbox.ts';

/** What the model says is at the source. */
export const sourceDifferences = (mailbox: Mailbox, actual: FolderMap): string[] =>
  differences([...mailbox.messages], mailbox.sourceFolders, actual);

/** What the model says must be at the destination, after a complete pass. */
export const destinationDifferences = (mailbox: Mailbox, actual: FolderMap): string[] =>
  differences([...mailbox.items], mailbox.sourceFolders.union(mailbox.destinationFolders), actual);

/** Multisets of (folder, sha256, flags, INTERNALDATE). A folder nobody asked for is no difference as long as it is empty. */
function differences(stored: readonly Stored[], folders: ReadonlySet<string>, actual: FolderMap): string[] {
  const expected: FolderMap = {};
  const inFolders = Map.groupBy(stored, ({ folder }) => folder);
  for (const name of folders.union(new Set(inFolders.keys()))) {
    const { subscribed = true, specialUse = null } = actual[name] ?? {};
    expected[name] = { subscribed, specialUse, messages: (inFolders.get(name) ?? []).map(truthOf) };
  }
  const ignoreFolders = Object.keys(actual).filter(
    (name) => !(name in expected) && actual[name]?.messages.length === 0,
  );
  return compareMailboxes(expected, actual, { ignoreFolders });
}

function truthOf({ content, flags, date }: Stored): TruthMessage {
  return { sha256: content.sha256, flags: [...flags].sort(), internalDate: date, bytes: 0, kind: content.name };
}
