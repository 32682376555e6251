import { bucketsOfUnchanged, countBuckets, decideFolder } from '@mxodus/engine';
import {
  type Buckets,
  type FolderScan,
  type FolderStatus,
  invariant,
  type LedgerFolder,
  sumOfBuckets,
} from '@mxodus/model';
import { copyRounds } from './copy-rounds.ts';
import type { FolderTask } from './folder-task.ts';
import { openAtDestination } from './open-at-destination.ts';
import { rowsByUid } from './rows-by-uid.ts';
import type { SyncContext } from './sync-context.ts';
import { uidValidityChanged } from './uid-validity.ts';

export interface FolderResult {
  sourceMessages: number;
  buckets: Buckets;
}

/**
 * One folder of a pass: nothing to do -> done; else scan, resolve doubt, adopt, copy, flags, count. `counted` is called once, also
 * when an error ends the folder after it was scanned.
 */
export async function syncFolder(
  context: SyncContext,
  task: FolderTask,
  counted: (result: FolderResult) => void,
): Promise<void> {
  const { source, destination, status } = task;
  const row = await context.ledger.openFolder(context.mailboxId, {
    source,
    uidValidity: status.uidValidity,
    destination,
  });
  if (row.buckets !== null && isUnchanged(row, status) && needsNothing(row.buckets)) {
    const buckets = bucketsOfUnchanged(row.buckets);
    return counted(finished(context, task, { rung: 'unchanged', sourceMessages: status.messages, buckets }));
  }
  const scan = await (await context.connections.source()).scan(source);
  if (scan.uidValidity !== status.uidValidity) throw uidValidityChanged('source', source);
  if (context.rules.dryRun) return counted(finished(context, task, await wouldDo(context, row.id, scan)));
  const gone = new Set<number>();
  let complete = false;
  try {
    const folder = await openAtDestination(context, task, { row, scan });
    if (folder !== null) await copyRounds(context, folder, { scan, gone });
    await forgetVanished(context, row.id, scan);
    complete = !context.signal.aborted && !context.rules.onlyFailed;
  } finally {
    const result = await countFolder(context, row.id, { scan, gone });
    counted(finished(context, task, { rung: 'full-scan', ...result }));
    const { destinationUidValidity } = row;
    if (complete)
      await context.ledger.finishFolder(row.id, { status, buckets: result.buckets, destinationUidValidity });
  }
}

async function countFolder(
  context: SyncContext,
  ledgerId: number,
  { scan, gone }: { scan: FolderScan; gone: ReadonlySet<number> },
): Promise<FolderResult> {
  const rows = await rowsByUid(context, ledgerId);
  const present = scan.messages.map((message) => message.uid).filter((uid) => !gone.has(uid));
  // With --only-failed the messages no pass has seen yet are not part of the work.
  const uids = context.rules.onlyFailed ? present.filter((uid) => rows.has(uid)) : present;
  const buckets = countBuckets(uids, rows, context.passId);
  invariant(sumOfBuckets(buckets) === uids.length, 'the buckets of a folder add up');
  return { sourceMessages: uids.length, buckets };
}

/** What may be tried again, or may fit by now, is looked at in every pass. */
const needsNothing = ({ failed, in_doubt, cannot }: Buckets): boolean => failed + in_doubt + cannot === 0;

async function wouldDo(
  context: SyncContext,
  ledgerId: number,
  scan: FolderScan,
): Promise<FolderResult & { rung: 'full-scan' }> {
  const rows = await rowsByUid(context, ledgerId);
  const { appendLimit } = (await context.connections.destination()).facts;
  const decision = decideFolder(scan.messages, rows, { ...context.rules, appendLimit });
  const sent = new Set(decision.copy.map((message) => message.uid));
  const kept = scan.messages.filter(({ uid }) => !sent.has(uid) && (rows.has(uid) || !context.rules.onlyFailed));
  const buckets = countBuckets(
    kept.map((message) => message.uid),
    rows,
    context.passId,
  );
  // Ruled out by size before sending; such a message has no row yet.
  const ruledOut = decision.cannot.filter(({ message }) => !rows.has(message.uid)).length;
  return {
    rung: 'full-scan',
    sourceMessages: kept.length + sent.size,
    buckets: { ...buckets, moved_now: sent.size, failed: buckets.failed - ruledOut, cannot: buckets.cannot + ruledOut },
  };
}

/** Without HIGHESTMODSEQ (RFC 7162) a changed flag does not show in STATUS, so the folder has to be scanned. */
function isUnchanged({ finished: before }: LedgerFolder, now: FolderStatus): boolean {
  return (
    before !== null &&
    now.highestModseq !== null &&
    before.highestModseq === now.highestModseq &&
    before.uidNext === now.uidNext &&
    before.messages === now.messages &&
    before.uidValidity === now.uidValidity
  );
}

function finished(
  context: SyncContext,
  task: FolderTask,
  result: FolderResult & { rung: 'unchanged' | 'full-scan' },
): FolderResult {
  context.emit({
    type: 'folder_finished',
    mailbox: context.mailbox.address,
    folder: task.source,
    destination_folder: task.destination,
    rung: result.rung,
    source_messages: result.sourceMessages,
    buckets: result.buckets,
  });
  return result;
}

/** What was not moved and is no longer at the source needs no one's attention any more. */
async function forgetVanished(context: SyncContext, ledgerId: number, scan: FolderScan): Promise<void> {
  const present = new Set(scan.messages.map((message) => message.uid));
  const rows = await context.ledger.messages(ledgerId);
  const vanished = rows.filter((row) => (row.state === 'failed' || row.state === 'cannot') && !present.has(row.uid));
  if (vanished.length > 0)
    await context.ledger.forgetExpunged(
      ledgerId,
      vanished.map((row) => row.uid),
    );
}
