import type { Buckets } from './buckets.ts';
import type { TrafficBook, Wait } from './governor.ts';
import type { ItemBook } from './items.ts';
import type { FolderStatus, UidRange } from './mail.ts';

/**
 * The ledger: what was copied, keyed by (source folder, UIDVALIDITY, UID).
 *
 *   state   meaning                                                       next
 *   (none)  never sent, or looked for and not found                       intent, cannot, failed, stored by adoption
 *   intent  about to be sent, or sent and the answer not seen: in doubt   stored, cannot, failed, (none)
 *   stored  at the destination; gone: the source no longer lists it       gone, forgotten (moved, deleted there too, or the
 *                                                                         destination was restored from a backup)
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
  /** The destination folder as the last finished pass left it; null: never finished, or the folder was not there. */
  destinationFinished: { uidNext: number; messages: number } | null;
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
  /** The source no longer lists it. */
  gone: boolean;
  /** Of the header, see `headerDigest`; null: not known. */
  digest: string | null;
  /** See MessageMeta; null: the source has none. */
  emailId: string | null;
}

/** A stored message that the source no longer lists: deleted there, or moved to another folder. */
export interface GoneMessage {
  folderId: number;
  source: string;
  destination: string;
  destinationUidValidity: number | null;
  uid: number;
  bytes: number;
  internalDate: number | null;
  flags: string;
  destinationUid: number | null;
  digest: string | null;
  emailId: string | null;
}

export interface Intent {
  uid: number;
  bytes: number;
  internalDate: number | null;
  flags: string;
  floor: number;
  digest: string | null;
  emailId: string | null;
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
  /** null: it was moved before and its place is not known; whatever the user did with it stays so. */
  destinationUid: number | null;
  digest: string | null;
  emailId: string | null;
  /** false: an earlier pass moved it (under another UID or UIDVALIDITY); true: something else put it there. */
  found: boolean;
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

/** What a mailbox waits for. */
export interface WaitRow extends Wait {
  address: string;
}

export interface FolderRow extends LedgerFolder {
  address: string;
}

/** A message a pass sent, by its place at the source. */
export interface MovedMessage {
  address: string;
  folder: string;
  uidValidity: number;
  uid: number;
  /** Milliseconds since the epoch; null where the source tells none. */
  internalDate: number | null;
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
  /** Only of mailboxes whose pass is running. */
  waits(): Promise<WaitRow[]>;
  /**
   * What passes of these kinds, begun at `since` (milliseconds since the epoch) or later, sent: by address, folder and UID. Also under an
   * earlier UIDVALIDITY, and what the source no longer lists. Not what they found there, nor what was listed before the first of these
   * passes and only now got through. Its cost follows from what these passes sent, not from what the ledger holds.
   */
  movedBy(passes: { kinds: readonly string[]; since: number }): Promise<MovedMessage[]>;
  close(): Promise<void>;
}

/**
 * When a write's promise resolves, the write survives the death of the process. Passes and folders survive the loss of power too, and
 * with each of them all that was written before. What a loss of power takes is the end of the ledger, in order: the next pass finds
 * at the destination what is not in it (a folder that holds more than the last pass left there is looked at).
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
    state: {
      status: FolderStatus;
      buckets: Buckets;
      destination: { uidValidity: number; uidNext: number; messages: number } | null;
    },
  ): Promise<void>;
  /** The mailbox's folders as they are now: of each source folder the UIDVALIDITY opened last. */
  currentFolders(mailboxId: number): Promise<LedgerFolder[]>;
  /** The same source folder under the UIDVALIDITY opened before this one; null: there was none. */
  earlierFolder(folderId: number): Promise<LedgerFolder | null>;
  /**
   * The destination's UIDVALIDITY; when it is another than before, every destination UID of the folder is forgotten, and those that
   * had one or a floor are to be looked for from UID 1 on.
   */
  setDestinationUidValidity(folderId: number, uidValidity: number): Promise<void>;

  /** Those that the source lists (gone ones are left out), by UID, ascending. */
  messages(folderId: number, range?: UidRange): Promise<LedgerMessage[]>;
  /** The messages of the folder with these UIDs that the ledger knows, gone ones too. */
  messagesOf(folderId: number, uids: readonly number[]): Promise<LedgerMessage[]>;
  /** Every destination UID the folder's messages have, gone ones too. */
  destinationUids(folderId: number): Promise<number[]>;
  /** Messages of the folder that the source lists. */
  countListed(folderId: number): Promise<number>;
  /** By bucket, of the messages the source lists; each row is in exactly one, those of `passId` are moved_now. */
  countBuckets(folderId: number, passId: number): Promise<Buckets>;
  /** Those that the source lists and that are not stored, by UID, ascending. */
  unsettled(folderId: number): Promise<LedgerMessage[]>;
  /** Stored ones whose destination UID is not known and can be looked for: they have a floor. Listed and gone. */
  unlocated(folderId: number): Promise<LedgerMessage[]>;
  /** Of all folders of the mailbox, also those under an earlier UIDVALIDITY. */
  goneMessages(mailboxId: number): Promise<GoneMessage[]>;
  /** Where messages with one of these EMAILIDs are at the destination; listed ones only, stored only. */
  placesOf(mailboxId: number, emailIds: readonly string[]): Promise<GoneMessage[]>;
  /** Messages in doubt of a mailbox, over its folders as they are now. */
  countIntents(mailboxId: number): Promise<number>;
  /** Messages that need nothing more (stored or cannot) of a mailbox, over its folders as they are now. */
  countSettled(mailboxId: number): Promise<number>;
  writeIntents(folderId: number, passId: number, intents: readonly Intent[]): Promise<void>;
  settle(folderId: number, passId: number, settlements: readonly Settlement[]): Promise<void>;
  adopt(folderId: number, passId: number, adoptions: readonly Adoption[]): Promise<void>;
  /** The source no longer has these messages: stored ones become gone, cannot and failed ones are forgotten, intents stay. */
  noteExpunged(folderId: number, uids: readonly number[]): Promise<void>;
  /** Forgets gone messages: they were deleted at the destination too, or are known under another UID now. */
  forgetGone(gone: readonly { folderId: number; uid: number }[]): Promise<void>;
  /** A restored destination lost them: stored ones go back to (none). */
  forgetStored(folderId: number, uids: readonly number[]): Promise<void>;
  /**
   * A gone message turned up in another source folder (or under another UID) and its copy was moved there: the intent of `to`
   * becomes stored, and `from` is forgotten, both or none.
   */
  settleMoves(
    passId: number,
    moves: readonly {
      from: { folderId: number; uid: number };
      to: { folderId: number; uid: number; destinationUid: number | null };
    }[],
  ): Promise<void>;
  /** The mailbox waits, or no longer does. */
  noteWait(mailboxId: number, wait: Wait | null): Promise<void>;
  readonly traffic: TrafficBook;
  readonly items: ItemBook;
  setFlags(folderId: number, changes: readonly { uid: number; flags: string }[]): Promise<void>;
  setDestinationUids(folderId: number, found: readonly { uid: number; destinationUid: number }[]): Promise<void>;
  /** The same alteration of the same message is kept once. */
  addAlterations(
    passId: number,
    folderId: number,
    alterations: readonly { uid: number | null; what: string; why: string }[],
  ): Promise<void>;
}
