import type { SlowDown } from './errors.ts';

/** The words of IMAP (RFC 9051) as mxodus uses them, and the port every mail system implements. */

/** RFC 6154 special use, only where the server itself says so. */
export type FolderRole = 'all' | 'archive' | 'drafts' | 'flagged' | 'important' | 'inbox' | 'junk' | 'sent' | 'trash';

export interface FolderStatus {
  messages: number;
  uidNext: number;
  uidValidity: number;
  /** null where the server has no CONDSTORE (RFC 7162). */
  highestModseq: string | null;
  /** null where the server has no STATUS=SIZE (RFC 8438). */
  bytes: number | null;
}

export interface Folder {
  /** The name on this server, decoded, with its own prefix and separators. */
  path: string;
  /** The levels below the personal namespace; INBOX is ['INBOX']. */
  levels: readonly string[];
  role: FolderRole | null;
  subscribed: boolean;
  /** null: cannot be selected (\NoSelect, \NonExistent). */
  status: FolderStatus | null;
}

/** What a mailbox's personal namespace looks like (RFC 2342). */
export interface NamespaceShape {
  prefix: string;
  separator: string | null;
}

export interface ServerFacts {
  /** "TLSv1.3" or "none". */
  tls: string;
  capabilities: readonly string[];
  namespace: NamespaceShape;
  /** RFC 7889; bytes, null where it is not stated. */
  appendLimit: number | null;
  /** RFC 2971 name and version, where the server tells. */
  product: string | null;
}

/** One message of a folder without its body. `flags` are sorted and without \Recent. */
export interface MessageMeta {
  uid: number;
  flags: readonly string[];
  /** Milliseconds since the epoch; null where the server's INTERNALDATE cannot be read. */
  internalDate: number | null;
  bytes: number;
  /** Message-ID as it is in the header, unfolded, where it was asked for and is there. */
  messageId?: string | null;
  /** EMAILID (RFC 8474) or X-GM-MSGID: equal for the same message in any folder. Left out where the server has neither. */
  emailId?: string;
  /** X-GM-LABELS, where the server has them. */
  labels?: readonly string[];
}

/** UIDs from `from` to `to`, both included; `to` left out: to the end. */
export interface UidRange {
  from: number;
  to?: number;
}

export interface FlagRow {
  uid: number;
  flags: readonly string[];
}

export interface FolderScan {
  uidValidity: number;
  uidNext: number;
  /** All messages of the folder (EXISTS), whatever the range of the scan. */
  exists: number;
  highestModseq: string | null;
  /** The flags a client may set for good; null: any, or not known because the folder was opened read-only. */
  permanentFlags: readonly string[] | null;
  messages: MessageMeta[];
}

/** What changed in a folder since a MODSEQ (RFC 7162). */
export interface FolderChanges {
  uidValidity: number;
  uidNext: number;
  exists: number;
  highestModseq: string | null;
  /** Messages whose flags changed, and new ones, with the flags they have now. */
  flags: FlagRow[];
  /** UIDs expunged since; null: the server has no QRESYNC and does not tell. May name UIDs nobody knew. */
  vanished: number[] | null;
}

/** What became of messages that were moved or copied inside one account. */
export interface Relocated {
  /** The other folder's UIDVALIDITY; null without UIDPLUS. */
  uidValidity: number | null;
  /** Old UID to new UID; empty without UIDPLUS. A UID that is missing was not there any more. */
  uids: ReadonlyMap<number, number>;
  /** The old ones are still there, marked \Deleted: the server has neither MOVE nor UID EXPUNGE, and others are marked too. */
  leftMarked: boolean;
}

export interface Quota {
  usedBytes: number;
  /** null: no limit. */
  limitBytes: number | null;
}

/** Why a name cannot be used, or what is there. */
export type NameProbe = { kind: 'free' } | { kind: 'taken' } | { kind: 'refused'; why: string };

/** Flags that were not set, and why: the mail system keeps them only at the creation of a message, or not without a permission. */
export interface RefusedFlags {
  uids: readonly number[];
  flags: readonly string[];
  why: string;
}

/**
 * A mail system that keeps our key with each copy, and stores messages in a form of its own: a copy is known by its key, never by its
 * bytes, and what `fetch` gives is made anew.
 */
export interface KeyedMail {
  /** false: what was written without a key may have another date of arrival than was asked for. */
  readonly keepsDates: boolean;
  /**
   * Where the copies with these keys are: their UID in this folder, or 'elsewhere' in the mailbox. Those found nowhere are left out;
   * a copy made moments ago may not show yet.
   */
  find(path: string, keys: readonly string[]): Promise<ReadonlyMap<string, number | 'elsewhere'>>;
  /** What the folder holds with a date of arrival from `from` to `to` (milliseconds, both included). */
  look(path: string, arrived: { from: number; to: number }): Promise<KeyedMessage[]>;
}

/** A message as KeyedMail shows it. */
export interface KeyedMessage {
  uid: number;
  /** null: not one of ours, or written in a way that cannot keep it. */
  key: string | null;
  /** Milliseconds since the epoch, whole seconds. */
  internalDate: number;
  messageId: string | null;
  subject: string;
  /** The sender's address in lower case; '' where there is none. */
  from: string;
}

/** A message body: in memory, or spilled to a file of ours when large. */
export type Body = { kind: 'memory'; bytes: Buffer } | { kind: 'file'; path: string; size: number };

export interface OutgoingMessage {
  flags: readonly string[];
  internalDate: number | null;
  body: Body;
  /** Names the source message, the same in every run; a mail system that can keeps it with the copy (see KeyedMail). */
  key: string;
}

/** What the copy has otherwise than the original, and why. */
export interface Alteration {
  what: string;
  why: string;
}

/** The definite answer for one message. No answer at all is an exception: the message is in doubt. */
export type AppendOutcome =
  | {
      kind: 'stored' /** null without UIDPLUS (RFC 4315) */;
      uid: number | null /** What the mail system cannot keep. */;
      alterations?: readonly Alteration[];
    }
  | { kind: 'refused'; reason: RefusalReason; response: string /** What a busy server asks for. */; hint?: SlowDown };

/** `content`, `flags` and `date`: the words point there. `other`: they do not say. `busy`: not now. */
export type RefusalReason =
  | 'too-large'
  | 'quota'
  | 'zero-bytes'
  | 'no-folder'
  | 'busy'
  | 'flags'
  | 'date'
  | 'content'
  | 'other';

export interface AppendAnswer {
  uidValidity: number | null;
  /** One for each message, in order. */
  outcomes: AppendOutcome[];
}

/** One connection that only appends, as fast as the server's capabilities allow. */
export interface Appender {
  readonly strategy: 'multiappend' | 'pipelined' | 'plain' | 'requests';
  /** false once the connection has ended. */
  readonly usable: boolean;
  /**
   * Appends the messages in order to one folder. Resolves when every message has a definite answer. Throws when the connection
   * ends before that: all messages of the call are then in doubt. Never sends a message twice unless the server refused it. May be
   * called again before it resolved: the calls are answered in order, and the line is never idle in between.
   */
  append(folder: string, messages: readonly OutgoingMessage[]): Promise<AppendAnswer>;
  close(): Promise<void>;
}

export interface FetchedMessage {
  uid: number;
  body: Buffer;
}

/**
 * One connection that reads, and makes the small changes. Calls may be made at once; they are sent in order. A folder is opened
 * read-only unless `writable`, and only when another one is open. Every method that takes `uidValidity` throws UIDVALIDITY_CHANGED
 * when the folder has another one.
 */
export interface MailSession {
  readonly facts: ServerFacts;
  /** false once the connection has ended. */
  readonly usable: boolean;
  /** null: copies are known by their bytes. */
  readonly keyed: KeyedMail | null;
  listFolders(): Promise<Folder[]>;
  /** null: no such folder. */
  status(path: string): Promise<FolderStatus | null>;
  /** What CREATE would meet, without creating. */
  probeName(path: string): Promise<NameProbe>;
  quota(): Promise<Quota | null>;
  /**
   * Opens the folder anew and lists a range of it (default: all), by UID, ascending. A row the server garbles is listed by its UID
   * alone rather than left out.
   */
  scan(path: string, options?: { range?: UidRange; messageIds?: boolean; writable?: boolean }): Promise<FolderScan>;
  /** UIDs and flags only: a fraction of the cost of a scan. By UID, ascending. */
  flags(path: string, range: UidRange): Promise<FlagRow[]>;
  /** All UIDs of the folder, opened anew, ascending. */
  uids(path: string): Promise<number[]>;
  /** null: the server cannot tell (no CONDSTORE, NOMODSEQ for this folder, or another UIDVALIDITY). */
  changes(path: string, since: { uidValidity: number; highestModseq: string }): Promise<FolderChanges | null>;
  /** Bodies by BODY.PEEK[], in the server's order. UIDs that do not come back are simply missing: the caller reconciles. */
  fetch(path: string, uids: readonly number[], uidValidity?: number): AsyncIterable<FetchedMessage>;
  /**
   * Bodies by BINARY.PEEK[] (RFC 3516): may carry NUL, and come with their parts decoded. Only where `facts.capabilities` has BINARY;
   * what the server cannot decode it ends with NO.
   */
  fetchBinary(path: string, uids: readonly number[], uidValidity?: number): AsyncIterable<FetchedMessage>;
  /** The header section only (BODY.PEEK[HEADER]). */
  fetchHeaders(path: string, uids: readonly number[], uidValidity?: number): AsyncIterable<FetchedMessage>;
  /** Streams one body to a file; returns its size in bytes. null: the source does not give it, or not all of it. */
  download(path: string, uid: number, to: { file: string; uidValidity?: number }): Promise<number | null>;
  create(path: string, role: FolderRole | null): Promise<void>;
  subscribe(path: string): Promise<void>;
  /** Returns what the mail system would not set. */
  storeFlags(
    path: string,
    uids: readonly number[],
    change: { add: readonly string[]; remove: readonly string[] },
  ): Promise<readonly RefusedFlags[]>;
  /** MOVE (RFC 6851), or COPY, then \Deleted and UID EXPUNGE. Throws FOLDER_REFUSED when the other folder is not there. */
  move(path: string, uids: readonly number[], to: string): Promise<Relocated>;
  copy(path: string, uids: readonly number[], to: string): Promise<Relocated>;
  /** Removes these messages and no others. 'marked': only \Deleted was set, because others are marked and there is no UID EXPUNGE. */
  expunge(path: string, uids: readonly number[]): Promise<'expunged' | 'marked'>;
  close(): Promise<void>;
}

/** A signed-in user of one server. */
export interface MailAccount {
  readonly server: string;
  readonly user: string;
  /** @param onWrite called once for each command that changes the account, before it is sent. */
  open(signal: AbortSignal, onWrite: (command: string) => void): Promise<MailSession>;
  /**
   * @param mayCommit called right before the bytes go out that complete what was sent so far (the end of an APPEND, a request as a
   *   whole), with everything before them already on its way; what it throws ends the connection instead. Default: always.
   */
  openAppender(signal: AbortSignal, onWrite: (command: string) => void, mayCommit?: () => void): Promise<Appender>;
}
