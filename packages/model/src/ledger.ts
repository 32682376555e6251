import type { Buckets } from './buckets.ts';
import type { FolderStatus } from './mail.ts';

/**
 * The ledger: what was copied, keyed by (source folder, UIDVALIDITY, UID).
 *
 *   state   meaning                                                       next
 *   (none)  never sent, or looked for and not found                       intent, cannot, failed, stored by adoption
 *   intent  about to be sent, or sent and the answer not seen: in doubt   stored, cannot, failed, (none)
 *   stored  at the destination                                            -
 *   cannot  the destination's stated rules refuse it for good             intent when the rules allow it now, stored by
 *                                                                         adoption, (none) when expunged
 *   failed  refused or unreadable; tried again by the next pass           intent, cannot, failed, stored by adoption,
 *                                                                         (none) when expunged
 *
 * All states survive a crash. An intent is resolved by looking at the destination, never by sending again.
 */
export type MessageState = 'intent' | 'stored' | 'cannot' | 'failed';

export interface MailboxKey {
  address: string;
  source: string;
  destination: string;
}

export interface LedgerFolder {
  id: number;
  source: string;
  uidValidity: number;
  destination: string;
  destinationUidValidity: number | null;
  /** The source's status when this folder was last finished; null: never finished. */
  finished: FolderStatus | null;
  buckets: Buckets | null;
}

export interface LedgerMessage {
  uid: number;
  state: MessageState;
  bytes: number;
  internalDate: number | null;
  /** Flags of the source at the last look, sorted, separated by a space. */
  flags: string;
  destinationUid: number | null;
  /** UIDNEXT of the destination folder before the message was sent. */
  floor: number | null;
  passId: number;
  /** Found at the destination rather than sent. */
  adopted: boolean;
  reason: string | null;
}

export interface Intent {
  uid: number;
  bytes: number;
  internalDate: number | null;
  flags: string;
  floor: number;
}

/** What became of a message. `unsent` puts it back to (none). */
export type Settlement =
  | { uid: number; kind: 'stored'; destinationUid: number | null }
  | { uid: number; kind: 'unsent' }
  | {
      uid: number;
      kind: 'cannot' | 'failed';
      reason: string;
      bytes: number;
      internalDate: number | null;
      flags: string;
    };

export interface Adoption {
  uid: number;
  bytes: number;
  internalDate: number | null;
  flags: string;
  destinationUid: number;
}

export interface PassResult {
  exitCode: number;
  sourceMessages: number;
  buckets: Buckets;
  destinationWrites: number;
  bytes: number;
  flagsChanged: number;
  /** null: no error ended the pass. */
  error: string | null;
}

export interface PassRow extends PassResult {
  id: number;
  address: string;
  kind: string;
  startedAt: string;
  /** null: still running, or killed. */
  finishedAt: string | null;
}

export interface AlterationRow {
  address: string;
  folder: string;
  uid: number | null;
  what: string;
  why: string;
}

export interface NotMovedRow {
  address: string;
  folder: string;
  uid: number;
  state: Exclude<MessageState, 'stored'>;
  bytes: number;
  reason: string | null;
}

export interface FolderRow extends LedgerFolder {
  address: string;
}

/** How many messages of a mailbox are in each state, over its folders as they are now. */
export interface StateCounts extends Record<MessageState, number> {
  address: string;
}

/**
 * What status and report read. Only what is current: for each address the mailbox opened last, for each of its folders the
 * UIDVALIDITY opened last.
 */
export interface LedgerReader {
  /** For each mailbox the last pass, and the last complete one (finished, no error) where that is another; oldest first. */
  lastPasses(): Promise<PassRow[]>;
  folders(): Promise<FolderRow[]>;
  counts(): Promise<StateCounts[]>;
  alterations(): Promise<AlterationRow[]>;
  notMoved(): Promise<NotMovedRow[]>;
  close(): Promise<void>;
}

/**
 * When a write's promise resolves, the write survives the death of the process. Intents, passes and folders survive the loss of
 * power too; the others do so as soon as the next of those is written. What can be lost that way is only what became of an
 * intent, and intents are looked up.
 */
export interface Ledger extends LedgerReader {
  openMailbox(key: MailboxKey): Promise<number>;
  startPass(mailboxId: number, pass: { kind: string; planSha256: string; startedAt: string }): Promise<number>;
  finishPass(passId: number, result: PassResult & { finishedAt: string }): Promise<void>;

  /**
   * The folder of this UIDVALIDITY; made when it is not there. When its destination is another than before, what was moved stays
   * moved, and every destination UID of the folder is forgotten.
   */
  openFolder(
    mailboxId: number,
    key: { source: string; uidValidity: number; destination: string },
  ): Promise<LedgerFolder>;
  finishFolder(
    folderId: number,
    state: { status: FolderStatus; buckets: Buckets; destinationUidValidity: number | null },
  ): Promise<void>;
  /** The destination's UIDVALIDITY; when it is another than before, every destination UID and floor of the folder is forgotten. */
  setDestinationUidValidity(folderId: number, uidValidity: number): Promise<void>;

  /** By UID, ascending. */
  messages(folderId: number): Promise<LedgerMessage[]>;
  /** Messages in doubt of a mailbox, over its folders as they are now. */
  countIntents(mailboxId: number): Promise<number>;
  /** Messages that need nothing more (stored or cannot) of a mailbox, over its folders as they are now. */
  countSettled(mailboxId: number): Promise<number>;
  writeIntents(folderId: number, passId: number, intents: readonly Intent[]): Promise<void>;
  settle(folderId: number, passId: number, settlements: readonly Settlement[]): Promise<void>;
  adopt(folderId: number, passId: number, adoptions: readonly Adoption[]): Promise<void>;
  /** The source no longer has these messages: those that were not moved are forgotten, the others stay as they are. */
  forgetExpunged(folderId: number, uids: readonly number[]): Promise<void>;
  setFlags(folderId: number, changes: readonly { uid: number; flags: string }[]): Promise<void>;
  setDestinationUids(folderId: number, found: readonly { uid: number; destinationUid: number }[]): Promise<void>;
  /** The same alteration of the same message is kept once. */
  addAlterations(
    passId: number,
    folderId: number,
    alterations: readonly { uid: number | null; what: string; why: string }[],
  ): Promise<void>;
}
