import { comparePlanGround } from '@mxodus/engine';
import {
  addBuckets,
  type Buckets,
  EXIT,
  type ExitCode,
  type MailSession,
  MxodusError,
  noMessages,
  type Plan,
} from '@mxodus/model';
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
  const [sourceFolders, destinationFolders] = await Promise.all([source.listFolders(), destination.listFolders()]);
  const work = placeFolders(mailbox, plan, {
    source: sourceFolders,
    sourceNamespace: source.facts.namespace,
    destination: destinationFolders,
    destinationNamespace: destination.facts.namespace,
  });

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
      add(totals, await syncFolder(context, task));
      unreached.delete(task);
    }
    context.signal.throwIfAborted();
  } finally {
    // The counts add up also when the pass ended early: what was not reached is tried again by the next one.
    for (const task of unreached) {
      add(totals, { sourceMessages: task.status.messages, buckets: { ...noMessages(), failed: task.status.messages } });
    }
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
