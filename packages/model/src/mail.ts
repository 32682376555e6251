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
  /** Message-ID without the angle brackets, where it was asked for and is there. */
  messageId?: string | null;
}

export interface FolderScan {
  uidValidity: number;
  uidNext: number;
  highestModseq: string | null;
  /** The flags a client may set for good; null: any, or not known because the folder was opened read-only. */
  permanentFlags: readonly string[] | null;
  messages: MessageMeta[];
}

export interface Quota {
  usedBytes: number;
  /** null: no limit. */
  limitBytes: number | null;
}

/** Why a name cannot be used, or what is there. */
export type NameProbe = { kind: 'free' } | { kind: 'taken' } | { kind: 'refused'; why: string };

/** A message body: in memory, or spilled to a file of ours when large. */
export type Body = { kind: 'memory'; bytes: Buffer } | { kind: 'file'; path: string; size: number };

export interface OutgoingMessage {
  flags: readonly string[];
  internalDate: number | null;
  body: Body;
}

/** The definite answer for one message. No answer at all is an exception: the message is in doubt. */
export type AppendOutcome =
  | { kind: 'stored' /** null without UIDPLUS (RFC 4315) */; uid: number | null }
  | { kind: 'refused'; reason: RefusalReason; response: string };

export type RefusalReason = 'too-large' | 'quota' | 'zero-bytes' | 'no-folder' | 'busy' | 'other';

export interface AppendAnswer {
  uidValidity: number | null;
  /** One for each message, in order. */
  outcomes: AppendOutcome[];
}

/** One connection that only appends, as fast as the server's capabilities allow. */
export interface Appender {
  readonly strategy: 'multiappend' | 'pipelined' | 'plain';
  /** false once the connection has ended. */
  readonly usable: boolean;
  /**
   * Appends the messages in order to one folder. Resolves when every message has a definite answer. Throws when the connection
   * ends before that: all messages of the call are then in doubt. Never sends a message twice unless the server refused it.
   */
  append(folder: string, messages: readonly OutgoingMessage[]): Promise<AppendAnswer>;
  close(): Promise<void>;
}

export interface FetchedMessage {
  uid: number;
  body: Buffer;
}

/** One connection that reads, and makes the small changes. One command at a time. */
export interface MailSession {
  readonly facts: ServerFacts;
  /** false once the connection has ended. */
  readonly usable: boolean;
  listFolders(): Promise<Folder[]>;
  /** null: no such folder. */
  status(path: string): Promise<FolderStatus | null>;
  /** What CREATE would meet, without creating. */
  probeName(path: string): Promise<NameProbe>;
  quota(): Promise<Quota | null>;
  /** Lists UIDs from `fromUid` (default 1) on. Opens read-only unless `writable`. */
  scan(path: string, options?: { fromUid?: number; messageIds?: boolean; writable?: boolean }): Promise<FolderScan>;
  /**
   * Bodies by BODY.PEEK[], in the server's order. UIDs that do not come back are simply missing: the caller reconciles. Throws
   * UIDVALIDITY_CHANGED when the folder has another UIDVALIDITY than the one given.
   */
  fetch(path: string, uids: readonly number[], uidValidity?: number): AsyncIterable<FetchedMessage>;
  /** The header section only (BODY.PEEK[HEADER]). */
  fetchHeaders(path: string, uids: readonly number[]): AsyncIterable<FetchedMessage>;
  /** Streams one body to a file; returns its size in bytes. null: the source does not give it, or not all of it. */
  download(path: string, uid: number, to: { file: string; uidValidity?: number }): Promise<number | null>;
  create(path: string, role: FolderRole | null): Promise<void>;
  subscribe(path: string): Promise<void>;
  storeFlags(
    path: string,
    uids: readonly number[],
    change: { add: readonly string[]; remove: readonly string[] },
  ): Promise<void>;
  close(): Promise<void>;
}

/** A signed-in user of one server. */
export interface MailAccount {
  readonly server: string;
  readonly user: string;
  /** @param onWrite called once for each command that changes the account, before it is sent. */
  open(signal: AbortSignal, onWrite: (command: string) => void): Promise<MailSession>;
  openAppender(signal: AbortSignal, onWrite: (command: string) => void): Promise<Appender>;
}
