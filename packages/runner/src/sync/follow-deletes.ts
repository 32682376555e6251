import type { GoneMessage } from '@mxodus/model';
import { claimsOn } from './destination-claims.ts';
import { type PlaceAtDestination, placesAtDestination } from './places-at-destination.ts';
import type { FolderWork, SyncContext } from './sync-context.ts';

/**
 * What the source's users deleted, by `sync.deletes`: keep -> nothing; trash -> the copy goes to the trash; mirror -> it is removed. Never
 * after the switch, never a copy that its user moved or deleted, never one that another source brought too.
 */
export async function followDeletes(
  context: SyncContext,
  works: readonly FolderWork[],
  gone: readonly GoneMessage[],
): Promise<void> {
  const { rules, ledger } = context;
  if (gone.length === 0 || rules.deletes === 'keep' || rules.appendOnly || rules.onlyFailed) return;
  if (!(await isSourceStill(context, works))) return;
  const deleted = await withoutListed(context, gone);
  const places = await placesAtDestination(context, deleted);
  const trash = rules.deletes === 'trash' && places.length > 0 ? await trashFolder(context) : null;
  const present = new Set(places.flatMap((place) => place.present.map((one) => one.gone)));
  // The user moved or deleted the copy: there is nothing left to follow.
  await ledger.forgetGone(deleted.filter((message) => message.destinationUid !== null && !present.has(message)));
  for (const place of places) {
    context.signal.throwIfAborted();
    const removed = await remove(context, place, trash);
    await ledger.forgetGone(removed);
    for (const work of works) {
      work.deletes += removed.filter(({ source }) => source === work.task.source).length;
    }
  }
}

/**
 * The source still lists the message in another folder: it was unlabelled (Gmail), or one of its copies was deleted. Where the other
 * place has a copy of its own, this one goes; where it was left out for this one, this one stays.
 */
async function withoutListed({ ledger, mailboxId }: SyncContext, gone: readonly GoneMessage[]): Promise<GoneMessage[]> {
  const emailIds = gone.flatMap(({ emailId }) => (emailId === null ? [] : [emailId]));
  const leanOnUs = new Set<string>();
  for (const { emailId, destinationUid } of await ledger.placesOf(mailboxId, emailIds)) {
    if (emailId !== null && destinationUid === null) leanOnUs.add(emailId);
  }
  return gone.filter(({ emailId }) => emailId === null || !leanOnUs.has(emailId));
}

/** A message moved while the folders were looked at is gone from one and not yet seen in the other: then the next pass decides. */
async function isSourceStill({ connections }: SyncContext, works: readonly FolderWork[]): Promise<boolean> {
  const now = new Map((await (await connections.source()).listFolders()).map(({ path, status }) => [path, status]));
  return works.every(({ task, look }) => {
    const status = now.get(task.source);
    return (
      status !== undefined &&
      status !== null &&
      status.uidNext === look.status.uidNext &&
      status.messages === look.status.messages
    );
  });
}

async function remove(
  context: SyncContext,
  { path, present }: PlaceAtDestination,
  trash: string | null,
): Promise<GoneMessage[]> {
  const ledgerId = present[0]?.gone.folderId;
  if (ledgerId === undefined) return [];
  const { others } = await claimsOn(context, { ledgerId, path });
  const free = present.filter(({ destinationUid }) => !others.has(destinationUid));
  const gone = free.map((one) => one.gone);
  if (free.length === 0 || path === trash) return gone;
  const uids = free.map(({ destinationUid }) => destinationUid);
  const session = await context.connections.destination();
  if (trash === null) await session.expunge(path, uids);
  else await session.move(path, uids, trash);
  return gone;
}

/** The trash of the destination, by its role (RFC 6154) or else by its name; made when there is none. */
async function trashFolder({ connections }: SyncContext): Promise<string> {
  const session = await connections.destination();
  const folders = (await session.listFolders()).filter(({ status }) => status !== null);
  const byRole = folders.find(({ role }) => role === 'trash');
  const byName = folders.find(({ levels }) => levels.length === 1 && levels[0]?.toLowerCase() === 'trash');
  const known = byRole ?? byName;
  if (known !== undefined) return known.path;
  const path = `${session.facts.namespace.prefix}Trash`;
  await session.create(path, 'trash');
  return path;
}
