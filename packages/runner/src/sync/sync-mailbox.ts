import { bucketsOfUnchanged, comparePlanGround } from '@mxodus/engine';
import {
  addBuckets,
  type Buckets,
  EXIT,
  type ExitCode,
  type MailSession,
  MxodusError,
  noMessages,
  type Plan,
  sumOfBuckets,
} from '@mxodus/model';
import type { FolderTask } from './folder-task.ts';
import { placeFolders } from './place-folders.ts';
import type { SyncContext } from './sync-context.ts';
import { type FolderResult, syncFolder } from './sync-folder.ts';

export interface MailboxResult {
  address: string;
  exitCode: ExitCode;
  sourceMessages: number;
  buckets: Buckets;
  destinationWrites: number;
  bytes: number;
  flagsChanged: number;
  error: MxodusError | null;
}

interface Totals {
  sourceMessages: number;
  buckets: Buckets;
}

/** One pass over one mailbox, folder by folder. What it counted before an error stays in `totals`. */
export async function syncMailbox(context: SyncContext, plan: Plan, totals: Totals): Promise<void> {
  const { mailbox, connections, counters } = context;
  const [source, destination] = await Promise.all([connections.source(), connections.destination()]);
  await assertGround(context, destination);
  const work = await placeFolders(mailbox, plan, { source, destination, signal: context.signal });

  counters.sourceMessages = work.excludedMessages + work.tasks.reduce((sum, task) => sum + task.status.messages, 0);
  counters.settled = work.excludedMessages;
  totals.sourceMessages += work.excludedMessages;
  totals.buckets.excluded += work.excludedMessages;
  context.emit({
    type: 'mailbox_started',
    mailbox: mailbox.address,
    source_messages: counters.sourceMessages,
    known: await context.ledger.countSettled(context.mailboxId),
    in_doubt: await context.ledger.countIntents(context.mailboxId),
    append_only: context.rules.appendOnly,
  });
  const unreached = new Set(work.tasks);
  try {
    for (const task of work.tasks) {
      context.signal.throwIfAborted();
      await syncOrSetAside(context, task, (result) => {
        add(totals, result);
        unreached.delete(task);
      });
    }
    context.signal.throwIfAborted();
  } finally {
    for (const task of unreached) add(totals, await notReached(context, task));
  }
}

/** The counts add up also when the pass ended early: what earlier passes settled stays so, the rest is tried again by the next one. */
async function notReached(context: SyncContext, { source, destination, status }: FolderTask): Promise<FolderResult> {
  const key = { source, uidValidity: status.uidValidity, destination };
  const { buckets } = await context.ledger.openFolder(context.mailboxId, key);
  const known = buckets === null ? noMessages() : { ...bucketsOfUnchanged(buckets), failed: 0, in_doubt: 0 };
  const rest = status.messages - sumOfBuckets(known);
  const settled = rest < 0 ? noMessages() : known;
  return { sourceMessages: status.messages, buckets: { ...settled, failed: rest < 0 ? status.messages : rest } };
}

/** When the destination refuses a folder the others go on, and its messages count as failed. */
async function syncOrSetAside(
  context: SyncContext,
  task: FolderTask,
  counted: (result: FolderResult) => void,
): Promise<void> {
  try {
    await syncFolder(context, task, counted);
  } catch (error) {
    if (!(error instanceof MxodusError) || error.code !== 'FOLDER_REFUSED') throw error;
    const { code, what, why, advice } = error;
    context.emit({
      type: 'error',
      code,
      where: `${context.mailbox.address}, folder ${task.source}`,
      what,
      why,
      do: advice,
    });
  }
}

function add(totals: Totals, result: FolderResult): void {
  totals.sourceMessages += result.sourceMessages;
  totals.buckets = addBuckets(totals.buckets, result.buckets);
}

async function assertGround({ mailbox }: SyncContext, destination: MailSession): Promise<void> {
  const { capabilities, appendLimit } = destination.facts;
  const reasons = comparePlanGround(mailbox, { capabilities, appendLimit, quota: await destination.quota() });
  if (reasons.length === 0) return;
  throw new MxodusError('PLAN_STALE', {
    what: `the plan no longer holds for this mailbox: ${reasons.join('; ')}`,
    why: 'what it decided on has changed since it was made; nothing was sent',
    advice: 'plan again, look at what changed, then sync the new plan',
    where: mailbox.address,
  });
}

export function mailboxExitCode(buckets: Buckets, error: MxodusError | null): ExitCode {
  if (error !== null) return error.exitCode;
  return buckets.cannot + buckets.failed + buckets.in_doubt > 0 ? EXIT.notAllMoved : EXIT.done;
}
