import { flagText } from '@mxodus/engine';
import type { Folder, KeyedMail, KeyedMessage } from '@mxodus/model';
import { adopt, pairMessages } from './adopt-present.ts';
import { adoptViews } from './adopt-views.ts';
import { FreeMessages } from './free-messages.ts';
import { lookAtKeyed, pairWithKeyed } from './keyed-source.ts';
import type { FolderWork, SyncContext } from './sync-context.ts';

/**
 * Of the messages that no ledger knows as copies, those the destination has all the same are no new ones either: a ledger was lost, or a
 * copy was moved by its user and its header is not the one that was sent. They are taken over:
 *
 *   1. it carries our key (see KeyedMail): a copy, wherever it is
 *   2. what the folder holds that it belongs in, by the table of adoptPresent
 *   3. what any other folder holds
 *
 * Always as multisets: a message of the destination the copy of which is in its place is nobody else's.
 */
export async function adoptBackwards(
  context: SyncContext,
  works: readonly FolderWork[],
  folders: readonly Folder[],
): Promise<void> {
  await adoptViews(context, works);
  const withNew = (): FolderWork[] => works.filter(({ look }) => look.added.length > 0);
  const { keyed } = await context.connections.source();
  const keyless = new Map<FolderWork, readonly KeyedMessage[]>();
  if (keyed !== null) for (const work of withNew()) keyless.set(work, await adoptKeyed(context, work, keyed));
  const free = new FreeMessages(context, folders);
  for (const work of withNew()) await takeFrom(context, work, { path: work.task.destination, free, keyed, keyless });
  for (const { path } of folders) {
    for (const work of withNew()) {
      context.signal.throwIfAborted();
      if (path !== work.task.destination) await takeFrom(context, work, { path, free, keyed, keyless });
    }
  }
}

interface From {
  path: string;
  free: FreeMessages;
  keyed: KeyedMail | null;
  keyless: ReadonlyMap<FolderWork, readonly KeyedMessage[]>;
}

async function takeFrom(context: SyncContext, work: FolderWork, { path, free, keyed, keyless }: From): Promise<void> {
  const { task, row, look } = work;
  const { messages: present, uidValidity } = await free.at(path);
  if (present.length === 0) return;
  const { added } = look;
  const wanted = new Set([...added].map(({ uid }) => uid));
  const pairs =
    keyed === null
      ? await pairMessages(context, { source: task.source, destination: path }, { added, present })
      : await pairWithKeyed(context, {
          path,
          present: [...present],
          rows: (keyless.get(work) ?? []).filter(({ uid }) => wanted.has(uid)),
          dates: keyed.keepsDates,
        });
  if (pairs.length === 0) return;
  const inPlace = path === task.destination;
  if (inPlace) await context.ledger.setDestinationUidValidity(row.id, uidValidity);
  else {
    const uids = pairs.map((pair) => pair.present);
    await context.backwards?.foundElsewhere(context, { path, uidValidity, uids });
  }
  const copies = new Map(pairs.map((pair) => [pair.wanted, inPlace ? pair.present : null]));
  look.added = added.without(await adopt(context, { ledgerId: row.id, source: task.source }, { added, copies }));
  free.take(path, new Set(pairs.map((pair) => pair.present)));
}

/** Returns those without a key. */
async function adoptKeyed(context: SyncContext, work: FolderWork, keyed: KeyedMail): Promise<KeyedMessage[]> {
  const { look, row, task } = work;
  const rows = await lookAtKeyed(keyed, task.source, [...look.added]);
  const copies = new Set(rows.flatMap(({ key, uid }) => (key === null ? [] : [uid])));
  const adoptions = [...look.added].flatMap(({ uid, bytes, internalDate, flags, emailId = null }) =>
    copies.has(uid)
      ? [{ uid, bytes, internalDate, flags: flagText(flags), destinationUid: null, digest: null, emailId, found: true }]
      : [],
  );
  await context.ledger.adopt(row.id, context.passId, adoptions);
  context.counters.settled += adoptions.length;
  look.added = look.added.without(copies);
  return rows.filter(({ key }) => key === null);
}
