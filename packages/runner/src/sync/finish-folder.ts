import { bucketsOfUnchanged, flagText, type Rung } from '@mxodus/engine';
import { invariant, type LedgerFolder, noMessages, type Settlement, sumOfBuckets } from '@mxodus/model';
import type { FolderTask } from './folder-task.ts';
import { locateStored } from './locate-stored.ts';
import type { FolderWork, OpenFolder, SyncContext } from './sync-context.ts';
import type { FolderResult } from './totals.ts';
import { uidValidityChanged } from './uid-validity.ts';

/** Nothing changed since a pass finished it: what that pass counted still holds, and nothing is written down. */
export async function finishUnchanged(
  context: SyncContext,
  task: FolderTask,
  row: LedgerFolder,
): Promise<FolderResult> {
  const { rules, goesOn } = context;
  const counts = rules.onlyFailed || goesOn;
  const buckets = counts
    ? await context.ledger.countBuckets(row.id, context.passId)
    : bucketsOfUnchanged(row.buckets ?? noMessages());
  const result = { sourceMessages: sumOfBuckets(buckets), buckets };
  context.counters.settled += result.sourceMessages;
  tell(context, task, { ...result, rung: 'unchanged', rowsRead: 0, moves: 0, deletes: 0 });
  return result;
}

/** Explains what was not given, learns where the copies are, counts, and writes the folder down as finished. */
export async function finishFolder(
  context: SyncContext,
  work: FolderWork,
  missing: readonly number[],
): Promise<FolderResult> {
  const { ledger, passId, rules } = context;
  const { row, look, open, task } = work;
  if (open !== null && missing.length > 0) await explainMissing(context, work, { open, missing });
  if (open !== null && !rules.dryRun) await locateStored(context, open);
  const buckets = await ledger.countBuckets(row.id, passId);
  const known = sumOfBuckets(buckets);
  // With --only-failed the messages no pass has seen yet are not part of the work.
  const sourceMessages = rules.onlyFailed ? known : look.status.messages - work.expunged;
  invariant(known === sourceMessages, `the buckets of ${row.source} add up: ${known} of ${sourceMessages}`);
  const result = { sourceMessages, buckets };
  if (!rules.onlyFailed) {
    const destination = open === null ? null : await leftBehind(context, work, open);
    await ledger.finishFolder(row.id, { status: look.status, buckets, destination });
  }
  const { rung, rowsRead } = look;
  tell(context, task, { ...result, rung, rowsRead, moves: work.moves, deletes: work.deletes });
  return result;
}

/**
 * The destination as this pass leaves it. When more came than we sent, somebody else put messages there: then the next pass looks at
 * everything that came since this one began.
 */
async function leftBehind(context: SyncContext, { appended }: FolderWork, open: OpenFolder) {
  const before = open.atDestination;
  // Opened anew: STATUS of the folder that is open tells what it was then (Dovecot 2.3, 2026-11; RFC 9051 6.3.11 warns of it).
  const session = await context.connections.destination();
  const now = await session.scan(open.destination, { range: { from: 2 ** 32 - 1 } });
  const onlyOurs = now.uidValidity === before.uidValidity && now.uidNext === before.uidNext + appended;
  const { uidValidity, uidNext } = onlyOurs ? now : before;
  return { uidValidity, uidNext, messages: onlyOurs ? now.exists : before.messages };
}

/** What was listed and not given is either expunged since, or unreadable; the second kind is kept as failed. */
async function explainMissing(
  context: SyncContext,
  work: FolderWork,
  { open, missing }: { open: OpenFolder; missing: readonly number[] },
): Promise<void> {
  const session = await context.connections.source();
  const status = await session.status(open.source);
  if (status?.uidValidity !== open.sourceUidValidity) throw uidValidityChanged('source', open.source);
  const present = new Set(await session.uids(open.source));
  const asked = new Set(missing);
  const lost = [...work.look.added, ...work.retry].filter(({ uid }) => asked.has(uid));
  await context.ledger.settle(
    open.ledgerId,
    context.passId,
    lost
      .filter(({ uid }) => present.has(uid))
      .map(
        (message): Settlement => ({
          uid: message.uid,
          kind: 'failed',
          reason: 'the source lists it and does not give its content',
          bytes: message.bytes,
          internalDate: message.internalDate,
          flags: flagText(message.flags),
        }),
      ),
  );
  const expunged = lost.filter(({ uid }) => !present.has(uid)).map(({ uid }) => uid);
  work.expunged += expunged.length;
  await context.ledger.noteExpunged(open.ledgerId, expunged);
}

function tell(
  context: SyncContext,
  task: FolderTask,
  found: FolderResult & { rung: Rung; rowsRead: number; moves: number; deletes: number },
): void {
  context.emit({
    type: 'folder_finished',
    mailbox: context.mailbox.address,
    folder: task.source,
    destination_folder: task.destination,
    rung: found.rung,
    rows_read: found.rowsRead,
    moves: found.moves,
    deletes: found.deletes,
    source_messages: found.sourceMessages,
    buckets: found.buckets,
  });
}
