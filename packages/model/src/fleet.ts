import { z } from 'zod';
import { bucketsSchema } from './buckets.ts';
import { ERROR_CODES, type ErrorCode, EXIT, type ExitCode } from './errors.ts';
import type { FencedLease, FencedLeases } from './leases.ts';
import type { Ledger, LedgerReader } from './ledger.ts';
import type { Plan } from './plan.ts';

/** What several machines share: the ledgers of all projects, leases, and the runs that were ordered. */
export interface FleetStore {
  /** The ledger of a project, made when it is not there. Closing it leaves the store open. */
  ledger(project: string): Promise<Ledger>;
  /**
   * The same, of a holder of a lease: every write happens under the lease's epoch, or not at all (LEASE_LOST). What is read may be
   * newer than the lease.
   */
  ledgerUnder(project: string, lease: FencedLease): Promise<Ledger>;
  /** null: the project has none yet. */
  readLedger(project: string): Promise<LedgerReader | null>;
  /** The ledger as lines of text, of one moment, whatever is written meanwhile; null: the project has none yet. */
  exportLedger(project: string): Promise<AsyncIterable<string> | null>;
  /**
   * Fills an empty ledger with an export: all of it, or nothing. Returns the rows of each table. Throws LEDGER_NOT_EMPTY, EXPORT_INVALID.
   */
  importLedger(
    project: string,
    lines: AsyncIterable<string>,
    lease: FencedLease | null,
  ): Promise<Readonly<Record<string, number>>>;
  readonly leases: FencedLeases;
  readonly runs: RunBook;
  close(): Promise<void>;
}

/** A sync ordered from the fleet. */
export interface RunOrder {
  project: string;
  plan: Plan;
  tasks: readonly { addresses: readonly string[]; messages: number; wave: number }[];
  onlyFailed: boolean;
  /** After the switch: nothing is changed at the destination, only added. */
  appendOnly: boolean;
}

/**
 *   state      meaning                                    next
 *   running    tasks are worked on, or wait for a worker  paused, cancelled, finished
 *   paused     slices under way end; nothing new begins   running, cancelled
 *   cancelled  over; what was moved stays                 -
 *   finished   over: every task has ended                 -
 */
export const RUN_STATES = ['running', 'paused', 'cancelled', 'finished'] as const;
export type RunState = (typeof RUN_STATES)[number];

export interface Run {
  id: number;
  project: string;
  planSha256: string;
  onlyFailed: boolean;
  appendOnly: boolean;
  state: RunState;
  /** RFC 3339 */
  orderedAt: string;
  endedAt: string | null;
}

/** The mailboxes of a run that go into the same destination mailbox: one worker at a time does them, one after the other. */
export interface RunTask {
  /** Unique over all runs. */
  id: number;
  runId: number;
  /** By the plan, at the source. */
  messages: number;
  /** Lower ones first. */
  wave: number;
  /** RFC 3339; set when somebody asked for this one first. */
  firstAt: string | null;
  mailboxes: TaskMailbox[];
  /** Slices that ended with a temporary error, one after the other. */
  troubles: number;
  /** RFC 3339; null: at once. */
  notBefore: string | null;
  ended: boolean;
}

export const mailboxProgressSchema = z.object({
  settled: z.number(),
  messages: z.number(),
  bytes: z.number(),
  destinationWrites: z.number(),
  flagsChanged: z.number(),
  wait: z.object({ why: z.string(), until: z.string().nullable() }).nullable(),
  /** The worker that has it. */
  worker: z.string(),
});

export type MailboxProgress = z.output<typeof mailboxProgressSchema>;

export const taskResultSchema = z.object({
  exitCode: z.custom<ExitCode>((code) => Object.values<unknown>(EXIT).includes(code)),
  sourceMessages: z.number(),
  buckets: bucketsSchema,
  /** Of all slices whose end was seen: a worker that was killed took the count of its last slice with it. */
  destinationWrites: z.number(),
  bytes: z.number(),
  flagsChanged: z.number(),
  error: z
    .object({
      code: z.custom<ErrorCode>((code) => typeof code === 'string' && code in ERROR_CODES),
      what: z.string(),
      why: z.string(),
      advice: z.string(),
      where: z.string().nullable(),
    })
    .nullable(),
});

export type TaskResult = z.output<typeof taskResultSchema>;

export const taskMailboxSchema = z.object({
  address: z.string(),
  /** The pass in the ledger all its slices belong to; null: not begun. */
  passId: z.number().nullable(),
  progress: mailboxProgressSchema.nullable(),
  /** null: not ended. */
  result: taskResultSchema.nullable(),
});

export type TaskMailbox = z.output<typeof taskMailboxSchema>;

export const workerSchema = z.object({
  /** Letters, digits and `-`; another one with each start. */
  id: z.string(),
  host: z.string(),
  pid: z.number(),
  version: z.string(),
  projects: z.array(z.string()).readonly(),
  atOnce: z.number(),
  running: z.number(),
  /** RFC 3339 */
  startedAt: z.string(),
  /** What the queue's server remembered since, when the worker started: a name. */
  memory: z.string(),
});

export type FleetWorker = z.output<typeof workerSchema> & { /** RFC 3339 */ seenAt: string };

/** The durable memory of who asked for what. Every method is one transaction. */
export interface RunBook {
  /**
   * Orders a run. When the project has one under way for the same plan, tasks and options, it is that one. Throws BUSY when it has another
   * one.
   */
  order(order: RunOrder): Promise<{ run: Run; isNew: boolean }>;
  run(runId: number): Promise<Run | null>;
  /** The run of the project that is not over, else the last one; null: none was ever ordered. */
  latest(project: string): Promise<Run | null>;
  /** Running and paused ones of all projects, oldest first. */
  open(): Promise<Run[]>;
  plan(sha256: string): Promise<Plan | null>;
  /** In the order they were ordered; `open`: only those not ended. */
  tasks(runId: number, which?: 'open' | 'all'): Promise<RunTask[]>;
  task(taskId: number): Promise<RunTask | null>;
  /** The pass begun for a mailbox of the task. Written under the lease, as all that follows but the wishes of people. */
  notePass(lease: FencedLease, taskId: number, address: string, passId: number): Promise<void>;
  noteProgress(lease: FencedLease, taskId: number, address: string, progress: MailboxProgress): Promise<void>;
  /** The mailbox is done with; the task ends with its last mailbox, and the run with its last task. */
  endMailbox(lease: FencedLease, taskId: number, address: string, result: TaskResult): Promise<void>;
  /** A temporary error: `troubles` is one more, 0 with `notBefore` null. */
  noteTrouble(lease: FencedLease, taskId: number, notBefore: Date | null): Promise<void>;
  /** People's wishes. `setState` throws RUN_NOT_FOUND when the run is over. */
  setState(runId: number, state: 'running' | 'paused' | 'cancelled'): Promise<void>;
  /** Returns the ids of the tasks of these addresses that have not ended; they go before all others from now on. */
  first(runId: number, addresses: readonly string[]): Promise<number[]>;
  /** Says that a worker lives; who was not seen for long is forgotten. */
  seen(worker: Omit<FleetWorker, 'seenAt'>): Promise<void>;
  left(workerId: string): Promise<void>;
  /** Those seen in the last `withinMs`. */
  workers(withinMs: number): Promise<FleetWorker[]>;
}
