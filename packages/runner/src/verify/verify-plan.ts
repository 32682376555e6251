import {
  type Emit,
  EXIT,
  type ExitCode,
  type Job,
  type JobEngine,
  type Ledger,
  MxodusError,
  type Plan,
  type PlanMailbox,
  worstExitCode,
} from '@mxodus/model';
import { ledgerKey } from '../sync/ledger-key.ts';
import type { MailboxAccounts } from '../sync/mailbox-connections.ts';
import { placeFolders } from '../sync/place-folders.ts';
import { withTempFolder } from '../temp-folder.ts';
import { type Difference, type VerifyLevel, verifyFolder } from './verify-folder.ts';

export interface VerifyOptions {
  plan: Plan;
  level: VerifyLevel;
  accounts(mailbox: PlanMailbox): MailboxAccounts;
  ledger: Ledger;
  engine: JobEngine;
  only?: (mailbox: PlanMailbox) => boolean;
  tempDir: string;
  signal: AbortSignal;
  emit: Emit;
}

export interface VerifyResult {
  exitCode: ExitCode;
  compared: number;
  differences: number;
  onlyAtDestination: number;
}

interface VerifyJob extends Job {
  mailbox: PlanMailbox;
}

/** Compares every message of the plan's mailboxes at both ends; changes nothing. Exit 3 when anything differs. */
export async function verifyPlan(options: VerifyOptions): Promise<VerifyResult> {
  const result: VerifyResult = { exitCode: EXIT.done, compared: 0, differences: 0, onlyAtDestination: 0 };
  const codes: ExitCode[] = [];
  await withTempFolder(options.tempDir, 'verify', async (tempDir) => {
    const jobs = options.plan.mailboxes.filter((mailbox) => options.only?.(mailbox) ?? true).map(toJob);
    const outcomes = await options.engine.run(
      jobs,
      async (job) => {
        codes.push(await verifyMailbox({ ...options, tempDir }, job.mailbox, result));
      },
      options.signal,
    );
    for (const outcome of outcomes) {
      if (outcome.kind === 'threw') throw outcome.error;
    }
  });
  result.exitCode = options.signal.aborted ? EXIT.interrupted : worstExitCode(codes);
  return result;
}

const toJob = (mailbox: PlanMailbox): VerifyJob => {
  const connections: Record<string, number> = { [mailbox.source.server]: 1 };
  connections[mailbox.destination.server] = (connections[mailbox.destination.server] ?? 0) + 1;
  return { id: mailbox.address, connections, mailbox };
};

async function verifyMailbox(options: VerifyOptions, mailbox: PlanMailbox, result: VerifyResult): Promise<ExitCode> {
  const { emit, signal } = options;
  const counts = { compared: 0, differences: 0, only_at_destination: 0 };
  try {
    await compareMailbox(
      options,
      mailbox,
      (difference) => {
        counts.differences += 1;
        emit({ type: 'difference', mailbox: mailbox.address, ...difference });
      },
      counts,
    );
  } catch (error) {
    if (signal.aborted) return EXIT.interrupted;
    if (!(error instanceof MxodusError)) throw error;
    const { code, where, what, why, advice } = error.at(mailbox.address);
    emit({ type: 'error', code, where: where ?? null, what, why, do: advice });
    return error.exitCode;
  }
  emit({ type: 'mailbox_verified', mailbox: mailbox.address, level: options.level, ...counts });
  result.compared += counts.compared;
  result.differences += counts.differences;
  result.onlyAtDestination += counts.only_at_destination;
  return counts.differences > 0 ? EXIT.notAllMoved : EXIT.done;
}

async function compareMailbox(
  options: VerifyOptions,
  mailbox: PlanMailbox,
  differs: (difference: Difference) => void,
  counts: { compared: number; only_at_destination: number },
): Promise<void> {
  const { plan, ledger, level, tempDir, signal } = options;
  const accounts = options.accounts(mailbox);
  const source = await accounts.source.open(signal, () => undefined);
  try {
    const destination = await accounts.destination.open(signal, () => undefined);
    try {
      const { tasks } = await placeFolders(mailbox, plan, { source, destination, signal, labels: null });
      const mailboxId = await ledger.openMailbox(ledgerKey(mailbox));
      for (const task of tasks) {
        signal.throwIfAborted();
        const folder = task.source;
        if (task.atDestination === null) {
          counts.compared += task.status.messages;
          if (task.status.messages > 0)
            differs({
              folder,
              uid: null,
              destination_folder: task.destination,
              destination_uid: null,
              kind: 'folder',
              detail: `the folder is not there; ${task.status.messages} messages at the source`,
            });
          continue;
        }
        const row = await ledger.openFolder(mailboxId, {
          source: folder,
          uidValidity: task.status.uidValidity,
          destination: task.destination,
        });
        const rows = await ledger.messages(row.id);
        const verified = await verifyFolder({
          source,
          destination,
          folder,
          at: mailbox.source,
          uidValidity: task.status.uidValidity,
          destinationFolder: task.destination,
          rows,
          level,
          tempDir,
        });
        counts.compared += verified.compared;
        counts.only_at_destination += verified.onlyAtDestination;
        verified.differences.forEach(differs);
      }
    } finally {
      await destination.close();
    }
  } finally {
    await source.close();
  }
}
