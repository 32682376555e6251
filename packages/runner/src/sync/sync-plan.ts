import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { LabelPolicy } from '@mxodus/engine';
import {
  addBuckets,
  type Buckets,
  type Emit,
  EXIT,
  type ExitCode,
  type Job,
  type JobEngine,
  type Ledger,
  MxodusError,
  noMessages,
  type Plan,
  type PlanMailbox,
  type Wait,
  worstExitCode,
} from '@mxodus/model';
import { ByteBudget } from './byte-budget.ts';
import { ledgerKey } from './ledger-key.ts';
import { type MailboxAccounts, MailboxConnections } from './mailbox-connections.ts';
import { Suspects } from './suspects.ts';
import type { Backwards, SyncContext } from './sync-context.ts';
import { type MailboxResult, mailboxExitCode, syncMailbox } from './sync-mailbox.ts';
import { Totals } from './totals.ts';
import { noteWait } from './waiting.ts';

export interface ServerLimits {
  connections: number;
  connectionsPerMailbox: number;
  /** What is done with the labels, where the server turns out to be Gmail. */
  labels: LabelPolicy;
}

export interface SyncOptions {
  plan: Plan;
  /** @param onWait called when the mailbox waits for a server, and with null when it does no longer */
  accounts(mailbox: PlanMailbox, onWait: (wait: Wait | null) => void): MailboxAccounts;
  limits(server: string): ServerLimits;
  ledger: Ledger;
  engine: JobEngine;
  /** The mailboxes of this run; default: all of the plan. */
  only?: (mailbox: PlanMailbox) => boolean;
  onlyFailed?: boolean;
  /** Counts as `moved_now` what would be sent. The accounts must refuse to write, and the ledger be a copy. */
  dryRun?: boolean;
  /** After the switch of the mailbox's domain: nothing is changed at the destination, only added. */
  appendOnly?: (mailbox: PlanMailbox) => boolean;
  /** Set where mail goes back, see reversePass; with `appendOnly` only. */
  backwards?: (mailbox: PlanMailbox) => Backwards;
  /** sync, or a pass of the cutover. */
  kind?: string;
  /** How long "it is not there" is not believed of a message in doubt; milliseconds. */
  settleMs: number;
  /** Large messages pass through a folder made below it. */
  tempDir: string;
  signal: AbortSignal;
  emit: Emit;
  now: () => Date;
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

const BYTES_IN_FLIGHT = 64 * 1024 * 1024;

interface MailboxJob extends Job {
  /** Several, one after the other, when they go into the same destination mailbox. */
  mailboxes: PlanMailbox[];
  width: number;
}

/** One pass over the mailboxes of a plan, several at once; what happens to one does not stop the others. */
export async function syncPlan(options: SyncOptions): Promise<SyncResult> {
  const started = options.now().getTime();
  await mkdir(options.tempDir, { recursive: true });
  const tempDir = await mkdtemp(join(options.tempDir, 'sync-'));
  try {
    const budget = new ByteBudget(BYTES_IN_FLIGHT);
    const jobs = makeJobs(options);
    const results = new Map<string, MailboxResult>();
    const outcomes = await options.engine.run(
      jobs,
      async (job) => {
        for (const mailbox of job.mailboxes) {
          if (options.signal.aborted) return;
          results.set(mailbox.address, await passOver({ ...options, tempDir }, { mailbox, job, budget }));
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
      exitCode: options.signal.aborted ? EXIT.interrupted : worstExitCode(mailboxes.map((mailbox) => mailbox.exitCode)),
      sourceMessages: total(mailboxes, 'sourceMessages'),
      buckets: mailboxes.map((mailbox) => mailbox.buckets).reduce(addBuckets, noMessages()),
      destinationWrites: total(mailboxes, 'destinationWrites'),
      bytes: total(mailboxes, 'bytes'),
      durationMs: options.now().getTime() - started,
      mailboxes,
    };
  } finally {
    await rm(tempDir, { recursive: true, force: true });
  }
}

const total = (results: readonly MailboxResult[], field: 'sourceMessages' | 'destinationWrites' | 'bytes'): number =>
  results.reduce((sum, result) => sum + result[field], 0);

/** Small mailboxes first: their people do not wait for the big ones. */
function makeJobs(options: SyncOptions): MailboxJob[] {
  const mailboxes = options.plan.mailboxes.filter((mailbox) => options.only?.(mailbox) ?? true);
  const byDestination = Map.groupBy(mailboxes, destinationOf);
  return [...byDestination.values()]
    .map((group) => [...group].sort((a, b) => a.messages - b.messages))
    .sort((a, b) => sizeOf(a) - sizeOf(b))
    .map((group) => makeJob(group, options));
}

function makeJob(mailboxes: PlanMailbox[], options: SyncOptions): MailboxJob {
  const sources = new Set(mailboxes.map((mailbox) => mailbox.source.server));
  const to = mailboxes[0]?.destination.server ?? '';
  // At the destination one connection is for the small commands; at the source the first lane's does both.
  const widths = [...sources].map((server) => widthAt(options.limits(server), 0));
  const width = Math.max(1, Math.min(widthAt(options.limits(to), 1), ...widths));
  const needs: Record<string, number> = {};
  for (const server of sources) needs[server] = width;
  needs[to] = (needs[to] ?? 0) + width + 1;
  return { id: mailboxes.map(({ address }) => address).join(' '), connections: needs, mailboxes, width };
}

const widthAt = ({ connections, connectionsPerMailbox }: ServerLimits, apart: number): number =>
  Math.min(connections, connectionsPerMailbox) - apart;

const destinationOf = ({ destination: { server, user } }: PlanMailbox): string => `${user.toLowerCase()} ${server}`;

const sizeOf = (mailboxes: readonly PlanMailbox[]): number =>
  mailboxes.reduce((sum, { messages }) => sum + messages, 0);

async function passOver(
  options: SyncOptions,
  { mailbox, job, budget }: { mailbox: PlanMailbox; job: MailboxJob; budget: ByteBudget },
): Promise<MailboxResult> {
  const { ledger, plan, signal, emit, tempDir, settleMs } = options;
  const result: MailboxResult = { ...notStarted(mailbox), exitCode: EXIT.done };
  const mailboxId = await ledger.openMailbox(ledgerKey(mailbox));
  const siblings = plan.mailboxes.filter((one) => one !== mailbox && destinationOf(one) === destinationOf(mailbox));
  const siblingIds = await Promise.all(siblings.map((one) => ledger.openMailbox(ledgerKey(one))));
  const startedAt = options.now().toISOString();
  const passId = await ledger.startPass(mailboxId, {
    kind: options.kind ?? 'sync',
    planSha256: plan.sha256,
    startedAt,
  });
  const onWait = (wait: Wait | null): void => {
    // A view that is late is no reason to stop; an unwritable ledger ends the pass at its next write.
    noteWait({ mailbox, mailboxId, ledger, emit }, wait).catch(() => undefined);
  };
  const connections = new MailboxConnections(options.accounts(mailbox, onWait), {
    width: job.width,
    signal,
    onWrite: () => {
      result.destinationWrites += 1;
    },
  });
  const rules = {
    newestFirst: plan.rules.newest_first,
    deletes: plan.rules.deletes,
    appendOnly: options.appendOnly?.(mailbox) ?? false,
    onlyFailed: options.onlyFailed ?? false,
    dryRun: options.dryRun ?? false,
    labels: options.limits(mailbox.source.server).labels,
    sharedDestination: siblings.length > 0,
  };
  const counters = {
    bytes: 0,
    flagsChanged: 0,
    sent: 0,
    settled: 0,
    sourceMessages: 0,
    wrongSizes: 0,
    fullFromBytes: Number.POSITIVE_INFINITY,
  };
  const context: SyncContext = {
    ...{ mailbox, mailboxId, siblings: siblingIds, passId, ledger, connections, budget, rules },
    backwards: options.backwards?.(mailbox) ?? null,
    ...{ settleMs, tempDir, emit, signal, counters, suspects: new Suspects(), forgottenFlags: null },
    ...{ labelFolders: [], labelKeywords: new Map<string, string>() },
  };
  const totals = new Totals();
  try {
    await syncMailbox(context, plan, totals);
  } catch (error) {
    result.error = errorOf(error, mailbox, signal);
  } finally {
    await connections.close();
  }
  Object.assign(result, await totals.sum(context));
  result.bytes = counters.bytes;
  result.flagsChanged = counters.flagsChanged;
  result.exitCode = mailboxExitCode(result.buckets, result.error);
  await ledger.finishPass(passId, {
    ...result,
    error: result.error?.code ?? null,
    finishedAt: options.now().toISOString(),
  });
  report(emit, result);
  return result;
}

/** A bug in one mailbox ends that mailbox only: exit 1, and the others are as they are. */
function errorOf(error: unknown, mailbox: PlanMailbox, signal: AbortSignal): MxodusError {
  if (signal.aborted) {
    return new MxodusError('INTERRUPTED', {
      what: 'stopped before everything was moved',
      why: 'it was asked to stop; what was under way was finished and written down',
      advice: 'the same command goes on where it stopped',
      where: mailbox.address,
    });
  }
  if (error instanceof MxodusError) return error.at(mailbox.address);
  if (error instanceof Error && Reflect.get(error, 'code') === 'ENOSPC') {
    return new MxodusError('DISK_FULL', {
      what: 'the disk of the state folder is full',
      why: error.message,
      advice: 'free some space, then the same command; what is done is kept',
      where: mailbox.address,
      cause: error,
    });
  }
  return new MxodusError('UNEXPECTED', {
    what: error instanceof Error ? error.message : String(error),
    why: 'this is a bug in mxodus; the ledger is safe',
    advice: 'please report it with the log file; the same command goes on with the rest',
    where: mailbox.address,
    cause: error,
  });
}

function report(emit: Emit, { address, error, ...result }: MailboxResult): void {
  if (error !== null && error.code !== 'INTERRUPTED') {
    emit({
      type: 'error',
      code: error.code,
      where: error.where ?? null,
      what: error.what,
      why: error.why,
      do: error.advice,
    });
  }
  emit({
    type: 'mailbox_finished',
    mailbox: address,
    source_messages: result.sourceMessages,
    buckets: result.buckets,
    flags_changed: result.flagsChanged,
    destination_writes: result.destinationWrites,
    bytes: result.bytes,
    exit_code: result.exitCode,
  });
}

const notStarted = (mailbox: PlanMailbox): MailboxResult => ({
  address: mailbox.address,
  exitCode: EXIT.interrupted,
  sourceMessages: 0,
  buckets: noMessages(),
  destinationWrites: 0,
  bytes: 0,
  flagsChanged: 0,
  error: null,
});
