import { acceptFlags, flagChange, flagText, groupFlagChanges } from '@mxodus/engine';
import type { MessageMeta } from '@mxodus/model';
import { rowsByUid } from './rows-by-uid.ts';
import type { OpenFolder, SyncContext } from './sync-context.ts';

const UIDS_A_COMMAND = 500;

/** Carries what changed at the source since the last look; flags the user set at the destination stay. */
export async function applyFlags(
  context: SyncContext,
  folder: OpenFolder,
  changed: readonly MessageMeta[],
): Promise<void> {
  if (changed.length === 0) return;
  const rows = await rowsByUid(context, folder.ledgerId);
  const session = await context.connections.destination();
  const changes = changed.flatMap((message) => {
    const row = rows.get(message.uid);
    // Where it is at the destination is not known yet: the next pass tries again.
    if (row === undefined || row.destinationUid === null) return [];
    const before = row.flags === '' ? [] : row.flags.split(' ');
    const { add, remove } = flagChange(before, message.flags);
    return [
      {
        message,
        destinationUid: row.destinationUid,
        change: { add: acceptFlags(add, folder.permanentFlags).flags, remove },
      },
    ];
  });
  const visible = changes.filter(({ change }) => change.add.length + change.remove.length > 0);
  for (const { destinationUids, add, remove } of groupFlagChanges(visible)) {
    for (let start = 0; start < destinationUids.length; start += UIDS_A_COMMAND) {
      await session.storeFlags(folder.destination, destinationUids.slice(start, start + UIDS_A_COMMAND), {
        add,
        remove,
      });
    }
  }
  await context.ledger.setFlags(
    folder.ledgerId,
    changes.map(({ message }) => ({ uid: message.uid, flags: flagText(message.flags) })),
  );
  context.counters.flagsChanged += visible.length;
}
