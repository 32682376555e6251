import type { Adoption, GoneMessage, Ledger, LedgerMessage, PlanMailbox, UidRange } from '@mxodus/model';
import type { FolderTask } from '../sync/folder-task.ts';
import { ledgerKey } from '../sync/ledger-key.ts';
import type { SyncContext } from '../sync/sync-context.ts';
import { windows } from '../sync/windows.ts';

/** A folder of the new side with copies of one source folder. */
interface CopiesIn {
  path: string;
  uidValidity: number;
  /** The folder of the old side, and its UIDVALIDITY; null: that of another mailbox, or not known. */
  origin: { path: string; uidValidity: number } | null;
}

type Copy = Pick<LedgerMessage, 'uid' | 'bytes' | 'internalDate' | 'flags' | 'digest'> & { destinationUid: number };

/**
 * Tells the ledger of the way back which messages of the new side are copies, and of what: those the forward ledger put or found there.
 * Copies that are no longer where they were put are written down as gone, so that they are found again where their user moved them.
 */
export async function noteCopies(
  context: SyncContext,
  tasks: readonly FolderTask[],
  of: { forward: Ledger; mailbox: PlanMailbox; siblings: readonly PlanMailbox[] },
): Promise<void> {
  const { forward } = of;
  for (const mailbox of [of.mailbox, ...of.siblings]) {
    const isOwn = mailbox === of.mailbox;
    const id = await forward.openMailbox(ledgerKey(mailbox));
    for (const folder of await forward.currentFolders(id)) {
      context.signal.throwIfAborted();
      const { destination: path, destinationUidValidity: uidValidity, source } = folder;
      if (uidValidity === null) continue;
      const origin = isOwn ? { path: source, uidValidity: folder.uidValidity } : null;
      for (const range of await rangesOf(forward, folder)) {
        await note(context, tasks, { path, uidValidity, origin }, copiesOf(await forward.messages(folder.id, range)));
      }
    }
    // The old side lists them no longer; their copies are copies all the same.
    const gone = Map.groupBy(await forward.goneMessages(id), placeOf);
    for (const messages of gone.values()) {
      const [{ destination: path, destinationUidValidity: uidValidity } = NOWHERE] = messages;
      if (uidValidity !== null) await note(context, tasks, { path, uidValidity, origin: null }, copiesOf(messages));
    }
  }
}

const NOWHERE = { destination: '', destinationUidValidity: null };

const placeOf = ({ destination, destinationUidValidity }: GoneMessage): string =>
  JSON.stringify([destination, destinationUidValidity]);

async function rangesOf(
  forward: Ledger,
  folder: { id: number; finished: { uidNext: number } | null },
): Promise<UidRange[]> {
  const messages = await forward.countListed(folder.id);
  if (messages === 0) return [];
  return [...windows({ uidNext: folder.finished?.uidNext ?? 2 ** 32, messages }, 'to the end')];
}

const copiesOf = (
  rows: readonly (Omit<Copy, 'destinationUid'> & { state?: LedgerMessage['state']; destinationUid: number | null })[],
): Copy[] =>
  rows.flatMap(({ state = 'stored', destinationUid, ...row }) =>
    state === 'stored' && destinationUid !== null ? [{ ...row, destinationUid }] : [],
  );

async function note(
  { ledger, mailboxId, passId }: SyncContext,
  tasks: readonly FolderTask[],
  { path, uidValidity, origin }: CopiesIn,
  copies: readonly Copy[],
): Promise<void> {
  if (copies.length === 0) return;
  const task = tasks.find(({ source }) => source === path);
  const isThere = task?.status.uidValidity === uidValidity;
  const destination = task?.destination ?? origin?.path ?? path;
  const folder = await ledger.openFolder(mailboxId, { source: path, uidValidity, destination });
  const byUid = new Map(copies.map((copy) => [copy.destinationUid, copy]));
  for (const { uid } of await ledger.messagesOf(folder.id, [...byUid.keys()])) byUid.delete(uid);
  if (byUid.size === 0) return;
  const isPlace = origin !== null && origin.path === destination;
  if (isPlace && folder.destinationUidValidity === null)
    await ledger.setDestinationUidValidity(folder.id, origin.uidValidity);
  const known = isPlace && (folder.destinationUidValidity ?? origin.uidValidity) === origin.uidValidity;
  const adoptions = [...byUid].map(([uid, copy]): Adoption => {
    const { bytes, internalDate, flags, digest } = copy;
    const destinationUid = known ? copy.uid : null;
    return { uid, bytes, internalDate, flags, destinationUid, digest, emailId: null, found: false };
  });
  await ledger.adopt(folder.id, passId, adoptions);
  if (!isThere) await ledger.noteExpunged(folder.id, [...byUid.keys()]);
}
