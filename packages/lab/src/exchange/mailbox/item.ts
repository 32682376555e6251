/** What a mailbox of the simulated Exchange holds, in one canonical form. Times are milliseconds since 1970 (UTC). */

export interface SimRecipient {
  name: string;
  address: string;
}

export interface SimDateTimeTimeZone {
  dateTime: string;
  timeZone: string;
}

export interface SimFlag {
  flagStatus: 'notFlagged' | 'flagged' | 'complete';
  startDateTime?: SimDateTimeTimeZone;
  dueDateTime?: SimDateTimeTimeZone;
  completedDateTime?: SimDateTimeTimeZone;
}

export interface SimHeader {
  name: string;
  value: string;
}

export interface SimAttachment {
  kind: 'file' | 'item' | 'reference';
  /** Changes with nothing; unique in the mailbox. */
  id: string;
  name: string;
  contentType: string | null;
  isInline: boolean;
  contentId: string | null;
  contentLocation: string | null;
  modified: number;
  /** The bytes of a file attachment, decoded; the JSON of an item attachment's item. */
  bytes: Buffer;
}

/** What a message is, without its place and its ids. */
export interface SimContent {
  /** null where none was given. */
  subject: string | null;
  bodyType: 'text' | 'html';
  /** As stored: HTML has been rewritten, scripts are still in it. */
  body: string;
  from: SimRecipient | null;
  sender: SimRecipient | null;
  toRecipients: SimRecipient[];
  ccRecipients: SimRecipient[];
  bccRecipients: SimRecipient[];
  replyTo: SimRecipient[];
  importance: 'low' | 'normal' | 'high';
  inferenceClassification: 'focused' | 'other';
  isDraft: boolean;
  /** Bit 4 of PidTagMessageFlags. */
  submitted: boolean;
  isRead: boolean;
  isDeliveryReceiptRequested: boolean;
  isReadReceiptRequested: boolean;
  categories: string[];
  flag: SimFlag;
  /** With angle brackets. An empty one is made by the store. */
  internetMessageId: string;
  /** internetMessageHeaders of the create: names begin with x-. */
  headers: SimHeader[];
  /** PidTagTransportMessageHeaders (0x007D), verbatim; null where there is none. */
  rawHeaders: string | null;
  received: number;
  sent: number;
  /** PidTagInReplyToId and PidTagInternetReferences; null where not set. */
  inReplyTo: string | null;
  references: string | null;
  /** Other single values by canonical id (extended.ts); dates, headers, flags and threading are fields above. */
  extended: Map<string, string>;
  multiExtended: Map<string, string[]>;
  attachments: SimAttachment[];
  /** The MIME itself where the message came as MIME and has not been changed since; else null. */
  mime: Buffer | null;
}

export interface SimItem extends SimContent {
  /** 1, 2, ... in the order of creation in its mailbox. */
  readonly serial: number;
  /** Given with Prefer: IdType="ImmutableId". */
  readonly immutableId: string;
  /** A new one after each move. */
  id: string;
  folderId: string;
  changeKey: string;
  created: number;
  modified: number;
  /** When lists of the whole mailbox and filters begin to show it. */
  visibleAt: number;
  conversationId: string;
  conversationIndex: string;
  /** Body, headers and attachments, bytes. */
  size: number;
}

export interface SimFolder {
  readonly id: string;
  /** null: msgfolderroot and what stands beside it. */
  parentFolderId: string | null;
  displayName: string;
  /** "inbox"; null for folders of the user. */
  readonly wellKnownName: string | null;
  readonly isHidden: boolean;
  /** Single-value extended properties by canonical id. */
  readonly extended: Map<string, string>;
  /** Direct children, by id. */
  readonly children: Map<string, SimFolder>;
  unread: number;
  /** Counts as they were, oldest first; kept only where counts lag. */
  counts: { at: number; total: number; unread: number }[];
}

/** For messages/delta: what happened, in order. */
export interface SimChange {
  /** 1, 2, ... in the mailbox. */
  sequence: number;
  kind: 'created' | 'changed' | 'moved' | 'deleted';
  /** Where it is now, or was when deleted. */
  folderId: string;
  /** Of a move: where it was, and its id there. */
  from: { folderId: string; id: string } | null;
  id: string;
  immutableId: string;
}

/** A content with nothing in it, received and sent at `now`. */
export function emptyContent(now: number): SimContent {
  return {
    subject: null,
    bodyType: 'text',
    body: '',
    from: null,
    sender: null,
    toRecipients: [],
    ccRecipients: [],
    bccRecipients: [],
    replyTo: [],
    importance: 'normal',
    inferenceClassification: 'focused',
    isDraft: true,
    submitted: false,
    isRead: false,
    isDeliveryReceiptRequested: false,
    isReadReceiptRequested: false,
    categories: [],
    flag: { flagStatus: 'notFlagged' },
    internetMessageId: '',
    headers: [],
    rawHeaders: null,
    received: now,
    sent: now,
    inReplyTo: null,
    references: null,
    extended: new Map(),
    multiExtended: new Map(),
    attachments: [],
    mime: null,
  };
}

/** What counts into quota and message size. */
export function sizeOf(content: SimContent): number {
  let size = 512 + Buffer.byteLength(content.body) + Buffer.byteLength(content.subject ?? '');
  size += content.rawHeaders?.length ?? 0;
  for (const value of content.extended.values()) size += value.length;
  for (const attachment of content.attachments) size += attachment.bytes.length + 256;
  return content.mime === null ? size : Math.max(size, content.mime.length);
}
