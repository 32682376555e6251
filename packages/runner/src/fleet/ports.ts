import type { Emit, FleetStore, Ledger, Plan, PlanMailbox, Wait } from '@mxodus/model';
import type { ByteBudget } from '../sync/byte-budget.ts';
import type { MailboxAccounts } from '../sync/mailbox-connections.ts';
import type { ServerLimits } from '../sync/mailbox-jobs.ts';

/** What the jobs of a fleet are done with, in one process. */
export interface FleetPorts {
  store: FleetStore;
  /** null: this process was not given the config of that project. */
  project(name: string): FleetProject | null;
  /** Id of this worker. */
  worker: string;
  /** Of message bytes in memory, over all jobs of the process. */
  budget: ByteBudget;
  /** How long a lease lasts without being renewed; milliseconds. */
  leaseMs: number;
  log: FleetLog;
  /** Hears what a pass tells of its mailbox, see MxodusEvent. */
  emit?: (...told: [...Parameters<Emit>, of: { project: string }]) => void;
}

/** A project as its config says, on this machine. */
export interface FleetProject {
  /** Throws PLAN_STALE unless the plan is of the config as it is now. */
  assertFresh(plan: Plan): void;
  /** @param ledger of this slice, under its lease: what is kept for the accounts is written there */
  accounts(mailbox: PlanMailbox, onWait: (wait: Wait | null) => void, ledger: Ledger): MailboxAccounts;
  limits(server: string): ServerLimits;
  /** What the connections of a server are counted under in the queue: opaque, the same for the same server in every project. */
  serverKey(server: string): string;
  settleMs: number;
  /** Large messages pass through folders made below it. */
  tempDir: string;
  /** How long a mailbox has its turn; milliseconds. */
  sliceMs: number;
  /** The first copy of a mailbox with so many messages is shared out by folder. */
  spreadFrom: number;
}

export interface FleetLog {
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  trouble(fields: Readonly<Record<string, unknown>>, error: unknown, message: string): void;
}
