import type { SyncContext } from './sync-context.ts';

export interface Claims {
  /** UIDs of the destination folder that this mailbox put or found there. */
  ours: ReadonlySet<number>;
  /** Those of the other mailboxes that feed the same destination. */
  others: ReadonlySet<number>;
}

/** Whose the messages of a destination folder are. Several source folders may go into one. */
export async function claimsOn(
  { ledger, mailboxId, siblings }: SyncContext,
  { ledgerId, path }: { ledgerId: number; path: string },
): Promise<Claims> {
  const ours = new Set(await ledger.destinationUids(ledgerId));
  for (const folder of await ledger.currentFolders(mailboxId)) {
    if (folder.id === ledgerId || folder.destination !== path) continue;
    for (const uid of await ledger.destinationUids(folder.id)) ours.add(uid);
  }
  const others = new Set<number>();
  for (const sibling of siblings) {
    for (const folder of await ledger.currentFolders(sibling)) {
      if (folder.destination !== path) continue;
      for (const uid of await ledger.destinationUids(folder.id)) others.add(uid);
    }
  }
  return { ours, others };
}
