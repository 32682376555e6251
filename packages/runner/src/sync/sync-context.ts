import type { LabelPolicy } from '@mxodus/engine';
import type { Emit, FolderStatus, Ledger, LedgerFolder, MessageMeta, PlanMailbox } from '@mxodus/model';
import type { ByteBudget } from './byte-budget.ts';
import type { FolderTask } from './folder-task.ts';
import type { FolderLook } from './look-at-folder.ts';
import type { MailboxConnections } from './mailbox-connections.ts';
import type { Suspects } from './suspects.ts';

export interface SyncRules {
  newestFirst: boolean;
  deletes: 'keep' | 'trash' | 'mirror';
  /** After the switch: nothing is changed at the destination, only added. */
  appendOnly: boolean;
  onlyFailed: boolean;
  /** Look and count, send nothing. The ledger is a copy then, and the accounts refuse to write. */
  dryRun: boolean;
  /** What is done with the labels of a Gmail source; null: it is none. */
  labels: LabelPolicy | null;
  /** Other mailboxes feed the same destination: a message they brought is there already. */
  sharedDestination: boolean;
}

/**
 * A pass against the direction of the plan (see reversePass), append-only: most of what its source lists are copies that were brought
 * there, and all that may be made at its destination are messages, and folders for them.
 */
export interface Backwards {
  /** Before the folders are looked at: the ledger learns what the forward passes copied. Called again by each attempt. */
  begin(context: SyncContext, tasks: readonly FolderTask[]): Promise<void>;
  /** Before anything is sent into the destination folder. */
  beforeSending(destination: string): Promise<void>;
  /** These messages of a destination folder are at the source, elsewhere than where they would be put from there. */
  foundElsewhere(
    context: SyncContext,
    found: { path: string; uidValidity: number; uids: readonly number[] },
  ): Promise<void>;
  /** When every folder is done. */
  end(context: SyncContext): Promise<void>;
}

/** What one pass over one mailbox works with. */
export interface SyncContext {
  mailbox: PlanMailbox;
  mailboxId: number;
  /** Ledger ids of the other mailboxes that feed the same destination. */
  siblings: readonly number[];
  passId: number;
  /** Begun by an earlier slice: what that moved, in folders that have not changed since, was moved by this pass. */
  goesOn: boolean;
  ledger: Ledger;
  connections: MailboxConnections;
  budget: ByteBudget;
  rules: SyncRules;
  /** null: the pass goes the way of the plan. */
  backwards: Backwards | null;
  /** How long "it is not there" is not believed: a server may still be storing what a lost connection delivered. Milliseconds. */
  settleMs: number;
  /** Where large messages are spilled. */
  tempDir: string;
  emit: Emit;
  signal: AbortSignal;
  suspects: Suspects;
  /** Flags that APPEND takes and the destination forgets; null: not looked at yet. */
  forgottenFlags: ReadonlySet<string> | null;
  /** Of a Gmail source: the folders in the order their labels are decided in, and the keywords given so far. */
  labelFolders: readonly string[];
  labelKeywords: Map<string, string>;
  counters: PassCounters;
  /**
   * Only these source folders, and of them only first copies (see leaveTwins): other processes have the rest, and a pass over the whole
   * mailbox follows. null: all of it.
   */
  share: ReadonlySet<string> | null;
}

/** What a pass, or one slice of it, has done so far. */
export interface PassCounters {
  /** Commands that change the destination. */
  destinationWrites: number;
  bytes: number;
  flagsChanged: number;
  /** Messages sent, or refused, by this pass: whether it gets on. */
  sent: number;
  /** Settled messages of the mailbox. */
  settled: number;
  sourceMessages: number;
  /** Bodies that were right although their RFC822.SIZE was not. */
  wrongSizes: number;
  /** The smallest message the mailbox was too full for; Infinity while it is not. */
  fullFromBytes: number;
}

export const noCounts = (): PassCounters => ({
  destinationWrites: 0,
  bytes: 0,
  flagsChanged: 0,
  sent: 0,
  settled: 0,
  sourceMessages: 0,
  wrongSizes: 0,
  fullFromBytes: Number.POSITIVE_INFINITY,
});

/** One folder of the pass, opened at the destination. */
export interface OpenFolder {
  ledgerId: number;
  source: string;
  sourceUidValidity: number;
  destination: string;
  destinationUidValidity: number;
  /** What the destination lets a client set; null: any keyword. */
  permanentFlags: readonly string[] | null;
  /** The destination when it was opened: what is sent now gets `uidNext` or a higher UID. */
  atDestination: FolderStatus;
  appendLimit: number | null;
}

/** One folder of the pass, from the first look at it to its count. */
export interface FolderWork {
  task: FolderTask;
  row: LedgerFolder;
  look: FolderLook;
  /** null: there is nothing to put there. */
  open: OpenFolder | null;
  /** Messages to be sent again: refused or unreadable before, or too large then. */
  retry: MessageMeta[];
  /** Listed by the look, and expunged at the source before they could be read. */
  expunged: number;
  /** Messages this pass put into the destination folder. */
  appended: number;
  moves: number;
  deletes: number;
  /** Left to the pass over the whole mailbox, where this one has a share only. */
  left: number;
  /** Keywords that stand for labels of a Gmail source, by UID. */
  keywords: Map<number, readonly string[]>;
}

export const BATCH_LIMITS = { messages: 150, bytes: 3 * 1024 * 1024, aloneFromBytes: 1024 * 1024 } as const;
