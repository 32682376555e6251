import { acceptFlags, flagChange, flagsOfText, flagText, groupFlagChanges } from '@mxodus/engine';
import type { LedgerMessage, RefusedFlags } from '@mxodus/model';
import type { FolderLook } from './look-at-folder.ts';
import type { OpenFolder, SyncContext } from './sync-context.ts';

const UIDS_A_COMMAND = 500;

/**
 * Carries what changed at the source since the last look; what the user set or cleared at the destination stays. Messages that are
 * not at the destination yet are sent with their new flags. After the switch nothing is carried any more.
 */
export async function applyFlags(
  context: SyncContext,
  folder: OpenFolder | null,
  { ledgerId, flagged }: { ledgerId: number; flagged: FolderLook['flagged'] },
): Promise<void> {
  const unsent = flagged.filter(({ row }) => row.state === 'failed' || row.state === 'cannot');
  await context.ledger.setFlags(ledgerId, unsent.map(looked));
  if (folder === null || context.rules.appendOnly) return;
  const changes = flagged.flatMap(({ row, flags }) => {
    // Where it is at the destination is not known yet: the next pass tries again.
    if (row.state !== 'stored' || row.destinationUid === null) return [];
    const { add, remove } = flagChange(flagsOfText(row.flags), flags);
    const change = { add: acceptFlags(add, folder.permanentFlags).flags, remove };
    return [{ row, flags, destinationUid: row.destinationUid, change }];
  });
  const visible = changes.filter(({ change }) => change.add.length + change.remove.length > 0);
  if (visible.length > 0) {
    const session = await context.connections.destination();
    for (const { destinationUids, add, remove } of groupFlagChanges(visible)) {
      for (let start = 0; start < destinationUids.length; start += UIDS_A_COMMAND) {
        const uids = destinationUids.slice(start, start + UIDS_A_COMMAND);
        const refused = await session.storeFlags(folder.destination, uids, { add, remove });
        await noteRefused(context, folder, { visible, refused });
      }
    }
  }
  await context.ledger.setFlags(folder.ledgerId, changes.map(looked));
  context.counters.flagsChanged += visible.length;
}

/** Kept as carried all the same: what the destination will not set would be tried in every pass. */
async function noteRefused(
  context: SyncContext,
  folder: OpenFolder,
  {
    visible,
    refused,
  }: { visible: readonly { row: LedgerMessage; destinationUid: number }[]; refused: readonly RefusedFlags[] },
): Promise<void> {
  if (refused.length === 0) return;
  const uidOf = new Map(visible.map(({ row, destinationUid }) => [destinationUid, row.uid]));
  const alterations = refused.flatMap(({ uids, flags, why }) =>
    uids.flatMap((destinationUid) => {
      const uid = uidOf.get(destinationUid);
      return uid === undefined
        ? []
        : [{ uid, what: `changed at the source, not at the destination: ${flags.join(' ')}`, why }];
    }),
  );
  await context.ledger.addAlterations(context.passId, folder.ledgerId, alterations);
  for (const alteration of alterations) {
    context.emit({ type: 'alteration', mailbox: context.mailbox.address, folder: folder.source, ...alteration });
  }
}

const looked = ({ row, flags }: FolderLook['flagged'][number]): { uid: number; flags: string } => ({
  uid: row.uid,
  flags: flagText(flags),
});
