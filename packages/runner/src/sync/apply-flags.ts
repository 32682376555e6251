import { acceptFlags, flagChange, flagText, groupFlagChanges } from '@mxodus/engine';
import type { LedgerMessage, MessageMeta } from '@mxodus/model';
import type { OpenFolder, SyncContext } from './sync-context.ts';

const UIDS_A_COMMAND = 500;

/** Carries what changed at the source since the last look; flags the user set at the destination stay. */
export async function applyFlags(
  context: SyncContext,
  folder: OpenFolder,
  changed: readonly { message: MessageMeta; row: LedgerMessage }[],
): Promise<void> {
  if (changed.length === 0) return;
  const session = await context.connections.destination();
  const changes = changed.flatMap(({ message, row }) => {
    if (row.destinationUid === null) return [];
    const before = row.flags === '' ? [] : row.flags.split(' ');
    const { add, remove } = flagChange(before, message.flags);
    const change = { add: acceptFlags(add, folder.permanentFlags).flags, remove };
    return change.add.length + change.remove.length === 0 ? [] : [{ destinationUid: row.destinationUid, change }];
  });
  for (const { destinationUids, add, remove } of groupFlagChanges(changes)) {
    for (let start = 0; start < destinationUids.length; start += UIDS_A_COMMAND) {
      await session.storeFlags(folder.destination, destinationUids.slice(start, start + UIDS_A_COMMAND), {
        add,
        remove,
      });
    }
  }
  await context.ledger.setFlags(
    folder.ledgerId,
    changed.map(({ message }) => ({ uid: message.uid, flags: flagText(message.flags) })),
  );
  context.counters.flagsChanged += changes.length;
}
