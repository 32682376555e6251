import { acceptFlags, flagsOfText, groupFlagChanges } from '@mxodus/engine';
import type { LedgerMessage } from '@mxodus/model';
import type { OpenFolder, SyncContext } from './sync-context.ts';

/**
 * A copy without a key may have been written in a way that takes no flags: they follow in a request of their own, before the key where
 * one can be set at all. When its write had no answer, that request was never made.
 *
 * @param of.copies by source UID
 */
export async function missingFlags(
  context: SyncContext,
  { destination, permanentFlags }: OpenFolder,
  { copies, intents }: { copies: ReadonlyMap<number, number>; intents: readonly LedgerMessage[] },
): Promise<void> {
  const uids = [...copies.values()];
  if (uids.length === 0 || context.rules.dryRun) return;
  const session = await context.connections.destination();
  const { messages } = await session.scan(destination, { range: { from: Math.min(...uids), to: Math.max(...uids) } });
  const present = new Map(messages.map(({ uid, flags }) => [uid, new Set(flags.map((flag) => flag.toLowerCase()))]));
  const changes = intents.flatMap(({ uid, flags }) => {
    const destinationUid = copies.get(uid);
    const has = destinationUid === undefined ? undefined : present.get(destinationUid);
    if (destinationUid === undefined || has === undefined) return [];
    const wanted = acceptFlags(flagsOfText(flags), permanentFlags).flags;
    return [{ destinationUid, change: { add: wanted.filter((flag) => !has.has(flag.toLowerCase())), remove: [] } }];
  });
  for (const { destinationUids, add, remove } of groupFlagChanges(changes)) {
    if (add.length > 0) await session.storeFlags(destination, destinationUids, { add, remove });
  }
}
