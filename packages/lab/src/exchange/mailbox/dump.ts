import { createHash } from 'node:crypto';
import { graphTime } from './extended.ts';
import type { SimFlag, SimHeader, SimItem, SimRecipient } from './item.ts';
import { messageFlags } from './message-view.ts';
import type { MailboxStore } from './store.ts';

/** A mailbox in a form to compare: no ids, nothing that depends on when it was written. */
export interface MailboxDump {
  folders: FolderDump[];
}

export interface FolderDump {
  /** Below msgfolderroot: ['Projects', 'A/B']. Above it, one name: ['recoverableitemsdeletions']. */
  path: string[];
  wellKnownName: string | null;
  isHidden: boolean;
  /** By date, Message-ID and fingerprint. */
  messages: MessageDump[];
}

export interface MessageDump {
  subject: string | null;
  /** sha256, hex, of bytes as stored. */
  body: { type: 'text' | 'html'; sha256: string };
  from: SimRecipient | null;
  sender: SimRecipient | null;
  to: SimRecipient[];
  cc: SimRecipient[];
  bcc: SimRecipient[];
  replyTo: SimRecipient[];
  importance: string;
  isDraft: boolean;
  isRead: boolean;
  /** PidTagMessageFlags. */
  flags: number;
  categories: string[];
  flag: SimFlag;
  internetMessageId: string;
  /** To the second, UTC. */
  received: string;
  sent: string;
  inReplyTo: string | null;
  references: string | null;
  headers: SimHeader[];
  rawHeaders: string | null;
  /** By canonical id. */
  extended: Record<string, string>;
  multiExtended: Record<string, string[]>;
  attachments: {
    kind: string;
    name: string;
    contentType: string | null;
    isInline: boolean;
    contentId: string | null;
    size: number;
    sha256: string;
  }[];
  /** sha256 of the MIME where it is kept. */
  mime: string | null;
}

/** Every folder, the recoverable items too, by path. */
export function dumpMailbox(store: MailboxStore): MailboxDump {
  const folders = [...store.folders.all()].map((folder): FolderDump => {
    const path = store.folders.path(folder);
    const messages = store.lookups.inFolder(folder.id).all().map(dumpMessage);
    return {
      path: path.length === 0 ? [folder.wellKnownName ?? ''] : path,
      wellKnownName: folder.wellKnownName,
      isHidden: folder.isHidden,
      messages: sorted(messages, (message) => JSON.stringify([message.received, message.internetMessageId, message])),
    };
  });
  return { folders: sorted(folders, ({ path }) => JSON.stringify(path)) };
}

export function dumpMessage(item: SimItem): MessageDump {
  return {
    subject: item.subject,
    body: { type: item.bodyType, sha256: sha256(item.body) },
    from: item.from,
    sender: item.sender,
    to: item.toRecipients,
    cc: item.ccRecipients,
    bcc: item.bccRecipients,
    replyTo: item.replyTo,
    importance: item.importance,
    isDraft: item.isDraft,
    isRead: item.isRead,
    flags: messageFlags(item) & ~2,
    categories: [...item.categories].sort(),
    flag: item.flag,
    internetMessageId: item.internetMessageId,
    received: graphTime(item.received),
    sent: graphTime(item.sent),
    inReplyTo: item.inReplyTo,
    references: item.references,
    headers: item.headers,
    rawHeaders: item.rawHeaders,
    extended: byName(item.extended),
    multiExtended: byName(item.multiExtended),
    attachments: item.attachments.map(({ kind, name, contentType, isInline, contentId, bytes }) => {
      return { kind, name, contentType, isInline, contentId, size: bytes.length, sha256: sha256(bytes) };
    }),
    mime: item.mime === null ? null : sha256(item.mime),
  };
}

const sha256 = (bytes: string | Buffer): string => createHash('sha256').update(bytes).digest('hex');

const byName = <T>(values: ReadonlyMap<string, T>): Record<string, T> =>
  Object.fromEntries(sorted([...values], ([name]) => name));

function sorted<T>(items: readonly T[], key: (item: T) => string): T[] {
  return items
    .map((item) => ({ item, by: key(item) }))
    .sort((left, right) => (left.by < right.by ? -1 : left.by > right.by ? 1 : 0))
    .map(({ item }) => item);
}
