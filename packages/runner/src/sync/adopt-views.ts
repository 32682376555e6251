import { flagText } from '@mxodus/engine';
import type { FolderWork, SyncContext } from './sync-context.ts';
import { windows } from './windows.ts';

/**
 * A Gmail source lists one message in the folder of each of its labels, and in All Mail. Where mail goes back, it goes once: what any
 * folder lists of a message that is known, or that an earlier folder brings, is taken for known too.
 */
export async function adoptViews(context: SyncContext, works: readonly FolderWork[]): Promise<void> {
  const source = await context.connections.source();
  const isGmail = source.facts.capabilities.includes('X-GM-EXT-1');
  if (!isGmail || works.every(({ look }) => look.added.length === 0)) return;
  const seen = await emailIdsOfKnown(context, works);
  for (const { look, row } of works) {
    const views = [...look.added].filter(({ emailId }) => emailId !== undefined && seen.has(emailId));
    for (const { emailId } of look.added) if (emailId !== undefined) seen.add(emailId);
    const adoptions = views.map(({ uid, bytes, internalDate, flags, emailId = null }) => {
      const place = { destinationUid: null, digest: null, found: true };
      return { uid, bytes, internalDate, flags: flagText(flags), emailId, ...place };
    });
    await context.ledger.adopt(row.id, context.passId, adoptions);
    context.counters.settled += adoptions.length;
    look.added = look.added.without(new Set(views.map(({ uid }) => uid)));
  }
}

async function emailIdsOfKnown(context: SyncContext, works: readonly FolderWork[]): Promise<Set<string>> {
  const session = await context.connections.source();
  const added = new Map(
    works.map(({ task, look }) => [task.source, new Set([...look.added].map(({ uid }) => uid))] as const),
  );
  const seen = new Set<string>();
  for (const path of context.labelFolders) {
    context.signal.throwIfAborted();
    const status = await session.status(path);
    if (status === null || status.messages === 0) continue;
    for (const range of windows(status)) {
      for (const { uid, emailId } of (await session.scan(path, { range })).messages) {
        if (emailId !== undefined && added.get(path)?.has(uid) !== true) seen.add(emailId);
      }
    }
  }
  return seen;
}
