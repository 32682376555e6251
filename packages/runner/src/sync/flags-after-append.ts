import { groupFlagChanges } from '@mxodus/engine';
import type { OpenFolder, SyncContext } from './sync-context.ts';

export interface SentFlags {
  destinationUid: number;
  flags: readonly string[];
}

/**
 * Some servers take flags with APPEND and forget them (MailEnable all of them, Exchange 2010 \Flagged). The first messages with flags are
 * looked at; what was forgotten on all of them is set by STORE, on these and on every later one.
 */
export async function flagsAfterAppend(
  context: SyncContext,
  folder: OpenFolder,
  sent: readonly SentFlags[],
): Promise<void> {
  const flagged = sent.filter(({ flags }) => flags.length > 0);
  if (flagged.length === 0) return;
  context.forgottenFlags ??= await forgotten(context, folder, flagged);
  if (context.forgottenFlags.size === 0) return;
  const lost = context.forgottenFlags;
  const changes = flagged
    .map(({ destinationUid, flags }) => ({
      destinationUid,
      change: { add: flags.filter((flag) => lost.has(flag)), remove: [] },
    }))
    .filter(({ change }) => change.add.length > 0);
  const session = await context.connections.destination();
  for (const { destinationUids, add, remove } of groupFlagChanges(changes)) {
    await session.storeFlags(folder.destination, destinationUids, { add, remove });
  }
}

/** The flags that none of the messages kept. */
async function forgotten(
  context: SyncContext,
  folder: OpenFolder,
  sent: readonly SentFlags[],
): Promise<ReadonlySet<string>> {
  const uids = sent.map(({ destinationUid }) => destinationUid);
  const range = { from: Math.min(...uids), to: Math.max(...uids) };
  // Opened anew: what came since it was opened is not in the view of the session (RFC 9051 7.4.1).
  const { messages } = await (await context.connections.destination()).scan(folder.destination, { range });
  const kept = new Map(messages.map(({ uid, flags }) => [uid, new Set(flags.map((flag) => flag.toLowerCase()))]));
  const wanted = new Set(sent.flatMap(({ flags }) => flags));
  for (const { destinationUid, flags } of sent) {
    // Deleted or moved by its user in between: it says nothing.
    const found = kept.get(destinationUid);
    for (const flag of flags) if (found === undefined || found.has(flag.toLowerCase())) wanted.delete(flag);
  }
  return wanted;
}
