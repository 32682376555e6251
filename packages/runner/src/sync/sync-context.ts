import type { Emit, Ledger, PlanMailbox } from '@mxodus/model';
import type { ByteBudget } from './byte-budget.ts';
import type { MailboxConnections } from './mailbox-connections.ts';

/** What one pass over one mailbox works with. */
export interface SyncContext {
  mailbox: PlanMailbox;
  mailboxId: number;
  passId: number;
  ledger: Ledger;
  connections: MailboxConnections;
  budget: ByteBudget;
  rules: {
    newestFirst: boolean;
    appendOnly: boolean;
    onlyFailed: boolean;
    /** Look and count, send nothing, write nothing down. */
    dryRun: boolean;
  };
  /** How long "it is not there" is not believed: a server may still be storing what a lost connection delivered. Milliseconds. */
  settleMs: number;
  /** Where large messages are spilled. */
  tempDir: string;
  emit: Emit;
  signal: AbortSignal;
  counters: {
    bytes: number;
    flagsChanged: number;
    settled: number;
    sourceMessages: number;
    /** The smallest message the mailbox was too full for; Infinity while it is not. */
    fullFromBytes: number;
  };
}

/** One folder of the pass, opened at both ends. */
export interface OpenFolder {
  ledgerId: number;
  source: string;
  sourceUidValidity: number;
  destination: string;
  destinationUidValidity: number;
  /** What the destination lets a client set; null: any keyword. */
  permanentFlags: readonly string[] | null;
  /** UIDNEXT of the destination when the folder was opened: what is sent now gets this UID or a higher one. */
  floor: number;
  appendLimit: number | null;
}

export const BATCH_LIMITS = { messages: 100, bytes: 2 * 1024 * 1024, aloneFromBytes: 1024 * 1024 } as const;
