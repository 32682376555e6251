import { setTimeout as sleep } from 'node:timers/promises';
import { bucketsOfUnchanged, countBuckets, decideFolder, type FolderDecision, flagText } from '@mxodus/engine';
import {
  type Buckets,
  type FolderRole,
  type FolderScan,
  type FolderStatus,
  invariant,
  type LedgerFolder,
  type LedgerMessage,
  MxodusError,
  sumOfBuckets,
} from '@mxodus/model';
import { adoptPresent } from './adopt-present.ts';
import { applyFlags } from './apply-flags.ts';
import { copyMessages } from './copy-messages.ts';
import { locateStored, resolveDoubt } from './resolve-doubt.ts';
import type { OpenFolder, SyncContext } from './sync-context.ts';

export interface FolderTask {
  source: string;
  destination: string;
  role: FolderRole | null;
  subscribed: boolean;
  /** Why it has another name at the destination; null when it has not. */
  renamed: string | null;
  status: FolderStatus;
  /** What the destination listed under that name when the pass began. */
  atDestination: { subscribed: boolean } | null;
}

export interface FolderResult {
  sourceMessages: number;
  buckets: Buckets;
}

const ROUNDS = 4;

/** One folder of a pass: nothing to do -> done; else scan, resolve doubt, adopt, copy, flags, count. */
export async function syncFolder(context: SyncContext, task: FolderTask): Promise<FolderResult> {
  const { ledger } = context;
  const { source, destination, status } = task;
  const row = await ledger.openFolder(context.mailboxId, { source, uidValidity: status.uidValidity, destination });
  if (row.buckets !== null && isUnchanged(row, status) && row.buckets.failed + row.buckets.in_doubt === 0) {
    return finished(context, task, {
      rung: 'unchanged',
      sourceMessages: status.messages,
      buckets: bucketsOfUnchanged(row.buckets),
    });
  }
  const scan = await (await context.connections.source()).scan(source);
  if (scan.uidValidity !== status.uidValidity) throw uidValidityChanged(source);
  if (context.rules.dryRun) return finished(context, task, await wouldDo(context, row.id, scan));
  const folder = await openAtDestination(context, task, { row, needed: scan.messages.length > 0 });
  const gone = folder === null ? new Set<number>() : await work(context, folder, scan);

  const present = scan.messages.filter((message) => !gone.has(message.uid));
  await forgetVanished(context, row.id, scan);
  const rows = await rowsByUid(context, row.id);
  // With --only-failed the messages no pass has seen yet are not part of the work.
  const counted = context.rules.onlyFailed ? present.filter((message) => rows.has(message.uid)) : present;
  const buckets = countBuckets(
    counted.map((message) => message.uid),
    rows,
    context.passId,
  );
  invariant(sumOfBuckets(buckets) === counted.length, `the buckets of ${source} add up`);
  if (!context.signal.aborted && !context.rules.onlyFailed) {
    await ledger.finishFolder(row.id, { status, buckets, destinationUidValidity: row.destinationUidValidity });
  }
  return finished(context, task, { rung: 'full-scan', sourceMessages: counted.length, buckets });
}

const uidValidityChanged = (source: string): MxodusError =>
  new MxodusError('SERVER_ANSWER', {
    what: `the source gave the folder "${source}" another UIDVALIDITY while it was read`,
    why: 'it was deleted and made again, or the server rebuilt it',
    advice: 'the same command again: what is at the destination is recognised, nothing is sent twice',
  });

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

/** null: there is nothing to put there. A folder the user deleted at the destination is only made again for new mail. */
async function openAtDestination(
  context: SyncContext,
  task: FolderTask,
  { row, needed }: { row: LedgerFolder; needed: boolean },
): Promise<OpenFolder | null> {
  if (task.atDestination === null && row.finished !== null && !needed) return null;
  const session = await context.connections.destination();
  let status = task.atDestination === null ? null : await session.status(task.destination);
  if (status === null) {
    if (row.finished !== null && !(await hasNews(context, row))) return null;
    await session.create(task.destination, task.role);
    status = await session.status(task.destination);
  }
  if (status === null) {
    throw new MxodusError('FOLDER_REFUSED', {
      what: `the destination folder "${task.destination}" cannot be opened after it was made`,
      why: 'the destination hides it, or the account may not read it',
      advice: 'give it another name with `sync.folders.map`, then plan again',
    });
  }
  if (row.finished === null && task.subscribed && task.atDestination?.subscribed !== true)
    await session.subscribe(task.destination);
  await context.ledger.setDestinationUidValidity(row.id, status.uidValidity);
  if (row.finished === null) await noteRenamed(context, task, row.id);
  row.destinationUidValidity = status.uidValidity;
  const { permanentFlags } = await session.scan(task.destination, { fromUid: status.uidNext, writable: true });
  return {
    ledgerId: row.id,
    source: task.source,
    destination: task.destination,
    permanentFlags,
    floor: status.uidNext,
    appendLimit: session.facts.appendLimit,
  };
}

async function noteRenamed(context: SyncContext, task: FolderTask, ledgerId: number): Promise<void> {
  if (task.renamed === null || task.source === task.destination) return;
  const alteration = {
    uid: null,
    what: `the folder is named "${task.destination}" at the destination`,
    why: task.renamed,
  };
  await context.ledger.addAlterations(context.passId, ledgerId, [alteration]);
  context.emit({ type: 'alteration', mailbox: context.mailbox.address, folder: task.source, ...alteration });
}

async function hasNews(context: SyncContext, row: LedgerFolder): Promise<boolean> {
  const known = await rowsByUid(context, row.id);
  const { messages } = await (await context.connections.source()).scan(row.source);
  return messages.some((message) => known.get(message.uid)?.state !== 'stored');
}

/** Rounds of: resolve doubt, decide, copy. A round that lost connections is followed by another over new ones. */
async function work(context: SyncContext, folder: OpenFolder, scan: FolderScan): Promise<Set<number>> {
  const gone = new Set<number>();
  for (let round = 1; ; round += 1) {
    await resolveDoubt(context, folder);
    let rows = await rowsByUid(context, folder.ledgerId);
    if (rows.size === 0 && scan.messages.length > 0 && !context.rules.onlyFailed) {
      await adoptPresent(context, folder, scan);
      rows = await rowsByUid(context, folder.ledgerId);
    }
    const messages = scan.messages.filter((message) => !gone.has(message.uid));
    const decision = decideFolder(messages, rows, { ...context.rules, appendLimit: folder.appendLimit });
    await ruleOut(context, folder, decision);
    if (round === 1) context.counters.settled += messages.length - decision.copy.length;
    const { missing, errors } = await copyMessages(context, folder, decision.copy);
    if (context.signal.aborted) return gone;
    for (const uid of await explainMissing(context, folder, { missing, scan })) gone.add(uid);
    if (errors.length === 0) {
      await locateStored(context, folder);
      await applyFlags(context, folder, decision.flags);
      return gone;
    }
    await context.connections.close();
    if (round === ROUNDS || !errors.every(isTemporary)) throw errors.find((error) => !isTemporary(error)) ?? errors[0];
    await pauseBeforeRound(context, round);
  }
}

const isTemporary = (error: unknown): boolean =>
  error instanceof MxodusError && error.exitCode === 5 && error.code !== 'DISK_FULL';

async function pauseBeforeRound(context: SyncContext, round: number): Promise<void> {
  const pauseMs = 500 * 2 ** round;
  context.emit({
    type: 'waiting',
    mailbox: context.mailbox.address,
    why: `connection lost; again in ${pauseMs / 1000} s`,
    until: null,
  });
  await sleep(pauseMs, undefined, { signal: context.signal });
}

async function ruleOut(context: SyncContext, folder: OpenFolder, { cannot }: FolderDecision): Promise<void> {
  await context.ledger.settle(
    folder.ledgerId,
    context.passId,
    cannot.map(({ message, reason }) => ({
      uid: message.uid,
      kind: 'cannot' as const,
      reason,
      bytes: message.bytes,
      internalDate: message.internalDate,
      flags: flagText(message.flags),
    })),
  );
}

/** What was listed and not given is either expunged since, or unreadable; the second kind is kept as failed. Returns the expunged. */
async function explainMissing(
  context: SyncContext,
  folder: OpenFolder,
  seen: { missing: number[]; scan: FolderScan },
): Promise<number[]> {
  if (seen.missing.length === 0) return [];
  const still = await (await context.connections.source()).scan(folder.source);
  const present = new Set(still.messages.map((message) => message.uid));
  const unreadable = seen.scan.messages.filter(
    (message) => seen.missing.includes(message.uid) && present.has(message.uid),
  );
  await context.ledger.settle(
    folder.ledgerId,
    context.passId,
    unreadable.map((message) => ({
      uid: message.uid,
      kind: 'failed' as const,
      reason: 'the source lists it and does not give its content',
      bytes: message.bytes,
      internalDate: message.internalDate,
      flags: flagText(message.flags),
    })),
  );
  const expunged = seen.missing.filter((uid) => !present.has(uid));
  await context.ledger.forgetExpunged(folder.ledgerId, expunged);
  return expunged;
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

async function rowsByUid(context: SyncContext, ledgerId: number): Promise<Map<number, LedgerMessage>> {
  return new Map((await context.ledger.messages(ledgerId)).map((row) => [row.uid, row]));
}
