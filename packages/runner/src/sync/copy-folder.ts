import { flagText, makeBatches, ruledOut } from '@mxodus/engine';
import type { MessageMeta, Settlement } from '@mxodus/model';
import type { CopyQueue } from './copy-queue.ts';
import { FolderCopy } from './folder-copy.ts';
import { BATCH_LIMITS, type FolderWork, type OpenFolder, type SyncContext } from './sync-context.ts';

export interface Finished {
  /** Every message was tried. */
  complete: boolean;
  /** Asked for, and not given by the source: gone, or unreadable. */
  missing: readonly number[];
}

/** Gives the folder's messages to the lanes, and resolves when they are done with them. */
export async function copyFolder(context: SyncContext, work: FolderWork, queue: CopyQueue): Promise<Finished> {
  const { open, look, retry } = work;
  const { suspects, rules } = context;
  const due = look.added.length + retry.length;
  context.counters.settled += look.status.messages - due;
  if (open === null || due === 0) return { complete: true, missing: [] };
  const kept = await setAside(context, open, [...retry, ...look.added]);
  const company = (uid: number): number => suspects.company(open.ledgerId, uid, BATCH_LIMITS.messages);
  const wanted = function* (): Generator<MessageMeta> {
    for (const message of retry) if (!kept.has(message.uid)) yield message;
    for (const message of look.added.inOrder(rules.newestFirst)) if (!kept.has(message.uid)) yield message;
  };
  const copy = new FolderCopy(work, open);
  queue.add(
    copy,
    copy.tasks(makeBatches(suspects.inOrder(open.ledgerId, wanted()), BATCH_LIMITS, company)),
    due - kept.size,
  );
  return { complete: await copy.finished, missing: copy.missing };
}

/** What is not even tried: ruled out by the destination's stated limit, or known to end each connection it is on. */
async function setAside(
  context: SyncContext,
  open: OpenFolder,
  messages: Iterable<MessageMeta>,
): Promise<ReadonlySet<number>> {
  const settlements: Settlement[] = [];
  for (const message of messages) {
    const tooLarge = ruledOut(message, open.appendLimit);
    const poison = context.suspects.verdict(open.ledgerId, message.uid);
    if (tooLarge !== null) settlements.push(notMoved(message, 'cannot', tooLarge));
    else if (poison !== null) settlements.push(notMoved(message, 'failed', poison));
  }
  await context.ledger.settle(open.ledgerId, context.passId, settlements);
  context.counters.settled += settlements.length;
  return new Set(settlements.map(({ uid }) => uid));
}

export const notMoved = (message: MessageMeta, kind: 'cannot' | 'failed', reason: string): Settlement => ({
  uid: message.uid,
  kind,
  reason,
  bytes: message.bytes,
  internalDate: message.internalDate,
  flags: flagText(message.flags),
});
