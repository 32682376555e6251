import { addBuckets, type Buckets, noMessages, sumOfBuckets } from '@mxodus/model';
import type { FolderTask } from './folder-task.ts';
import type { PlacedFolders } from './place-folders.ts';
import type { SyncContext } from './sync-context.ts';

export interface FolderResult {
  sourceMessages: number;
  buckets: Buckets;
}

/** What a pass counted, folder by folder, over all its attempts. */
export class Totals {
  #tasks: readonly FolderTask[] = [];
  #excluded = 0;
  #begun = false;
  readonly #results = new Map<string, FolderResult>();

  /** Both ends were reached by this pass. */
  get begun(): boolean {
    return this.#begun;
  }

  async begin(context: SyncContext, { tasks, excludedMessages }: PlacedFolders): Promise<void> {
    this.#tasks = tasks;
    this.#excluded = excludedMessages;
    const { counters, ledger, mailboxId } = context;
    counters.sourceMessages = excludedMessages + tasks.reduce((sum, task) => sum + task.status.messages, 0);
    counters.settled = excludedMessages + [...this.#results.values()].reduce((sum, one) => sum + one.sourceMessages, 0);
    if (this.#begun) return;
    this.#begun = true;
    context.emit({
      type: 'mailbox_started',
      mailbox: context.mailbox.address,
      source_messages: counters.sourceMessages,
      known: await ledger.countSettled(mailboxId),
      in_doubt: await ledger.countIntents(mailboxId),
      append_only: context.rules.appendOnly,
    });
  }

  isFinished(source: string): boolean {
    return this.#results.has(source);
  }

  add(task: FolderTask, result: FolderResult): void {
    this.#results.set(task.source, result);
  }

  /** The counts add up also when the pass ended early: what is settled counts as that, the rest as failed. */
  async sum(context: SyncContext): Promise<FolderResult> {
    const total: FolderResult = {
      sourceMessages: this.#excluded,
      buckets: { ...noMessages(), excluded: this.#excluded },
    };
    for (const task of this.#tasks) {
      const result = this.#results.get(task.source) ?? (await notFinished(context, task));
      total.sourceMessages += result.sourceMessages;
      total.buckets = addBuckets(total.buckets, result.buckets);
    }
    return total;
  }
}

async function notFinished(context: SyncContext, task: FolderTask): Promise<FolderResult> {
  const { source, destination, status } = task;
  const key = { source, uidValidity: status.uidValidity, destination };
  const row = await context.ledger.openFolder(context.mailboxId, key);
  const buckets = await context.ledger.countBuckets(row.id, context.passId);
  const known = sumOfBuckets(buckets);
  if (context.rules.onlyFailed) return { sourceMessages: known, buckets };
  const sourceMessages = Math.max(known, status.messages);
  return { sourceMessages, buckets: { ...buckets, failed: buckets.failed + sourceMessages - known } };
}
