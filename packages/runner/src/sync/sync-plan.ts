import {
  addBuckets,
  type Buckets,
  EXIT,
  type ExitCode,
  type JobEngine,
  noMessages,
  type PlanMailbox,
  worstExitCode,
} from '@mxodus/model';
import { withTempFolder } from '../temp-folder.ts';
import { ByteBudget } from './byte-budget.ts';
import { mailboxJobs } from './mailbox-jobs.ts';
import { notStarted, type PassOptions, passOverMailbox } from './pass-over-mailbox.ts';
import type { MailboxResult } from './sync-mailbox.ts';

export interface SyncOptions extends PassOptions {
  engine: JobEngine;
  /** The mailboxes of this run; default: all of the plan. */
  only?: (mailbox: PlanMailbox) => boolean;
  /** Large messages pass through a folder made below it. */
  tempDir: string;
}

export interface SyncResult {
  exitCode: ExitCode;
  sourceMessages: number;
  buckets: Buckets;
  destinationWrites: number;
  bytes: number;
  durationMs: number;
  mailboxes: MailboxResult[];
}

/** Of message bytes, in one process. */
export const BYTES_IN_FLIGHT = 64 * 1024 * 1024;

/** One pass over the mailboxes of a plan, several at once; what happens to one does not stop the others. */
export async function syncPlan(options: SyncOptions): Promise<SyncResult> {
  const started = options.now().getTime();
  return withTempFolder(options.tempDir, 'sync', async (tempDir) => {
    const budget = new ByteBudget(BYTES_IN_FLIGHT);
    const chosen = options.plan.mailboxes.filter((mailbox) => options.only?.(mailbox) ?? true);
    const jobs = mailboxJobs(chosen, options.limits);
    const results = new Map<string, MailboxResult>();
    const outcomes = await options.engine.run(
      jobs,
      async ({ mailboxes, width }) => {
        for (const mailbox of mailboxes) {
          if (options.signal.aborted) return;
          results.set(mailbox.address, await passOverMailbox({ ...options, tempDir }, { mailbox, width, budget }));
        }
      },
      options.signal,
    );
    for (const outcome of outcomes) {
      if (outcome.kind === 'threw') throw outcome.error;
    }
    const mailboxes = jobs
      .flatMap((job) => job.mailboxes)
      .map((mailbox) => results.get(mailbox.address) ?? notStarted(mailbox));
    return {
      ...sumOf(mailboxes),
      exitCode: options.signal.aborted ? EXIT.interrupted : worstExitCode(mailboxes.map((mailbox) => mailbox.exitCode)),
      durationMs: options.now().getTime() - started,
      mailboxes,
    };
  });
}

/** What several mailboxes come to. */
export function sumOf(
  mailboxes: readonly MailboxResult[],
): Pick<SyncResult, 'sourceMessages' | 'buckets' | 'destinationWrites' | 'bytes'> {
  const total = (field: 'sourceMessages' | 'destinationWrites' | 'bytes'): number =>
    mailboxes.reduce((sum, mailbox) => sum + mailbox[field], 0);
  return {
    sourceMessages: total('sourceMessages'),
    buckets: mailboxes.map((mailbox) => mailbox.buckets).reduce(addBuckets, noMessages()),
    destinationWrites: total('destinationWrites'),
    bytes: total('bytes'),
  };
}
