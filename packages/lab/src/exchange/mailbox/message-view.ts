import * as ids from './extended.ts';
import { htmlOf, safeHtml, textOf } from './html.ts';
import type { SimAttachment, SimHeader, SimItem, SimRecipient } from './item.ts';
import type { Preferences } from './preferences.ts';

type Json = Record<string, unknown>;

/** Bits of PidTagMessageFlags as Exchange computes them: read, unmodified, submitted, unsent, attachments. */
export function messageFlags(item: SimItem): number {
  const unmodified = item.created === item.modified ? 2 : 0;
  return (
    (item.isRead ? 1 : 0) |
    unmodified |
    (item.submitted ? 4 : 0) |
    (item.isDraft ? 8 : 0) |
    (hasAttachments(item) ? 0x10 : 0)
  );
}

/** Inline ones do not count (CREATE: "false for inline-only"). */
export const hasAttachments = (item: SimItem): boolean => item.attachments.some((attachment) => !attachment.isInline);

/** What changes with a message, as If-Match has it. */
export const etagOf = (item: SimItem): string => `W/"${item.changeKey}"`;

export const idOf = (item: SimItem, preferences: Preferences): string =>
  preferences.immutableIds ? item.immutableId : item.id;

/** The properties that are there without $select, or those selected. The id always is. */
export function messageJson(item: SimItem, preferences: Preferences, select: ReadonlySet<string> | null): Json {
  const json: Json = { '@odata.etag': etagOf(item), id: idOf(item, preferences) };
  for (const [name, view] of Object.entries(VIEWS))
    if (select === null || select.has(name)) json[name] = view(item, preferences);
  if (select?.has('internetMessageHeaders')) json.internetMessageHeaders = internetHeaders(item);
  if (select?.has('uniqueBody')) json.uniqueBody = bodyJson(item, preferences);
  return json;
}

const VIEWS: Readonly<Record<string, (item: SimItem, preferences: Preferences) => unknown>> = {
  createdDateTime: (item) => ids.graphTime(item.created),
  lastModifiedDateTime: (item) => ids.graphTime(item.modified),
  changeKey: (item) => item.changeKey,
  categories: (item) => item.categories,
  receivedDateTime: (item) => ids.graphTime(item.received),
  sentDateTime: (item) => ids.graphTime(item.sent),
  hasAttachments,
  internetMessageId: (item) => item.internetMessageId,
  subject: (item) => item.subject,
  bodyPreview: (item) => previewOf(item),
  importance: (item) => item.importance,
  parentFolderId: (item) => item.folderId,
  conversationId: (item) => item.conversationId,
  conversationIndex: (item) => item.conversationIndex,
  isDeliveryReceiptRequested: (item) => item.isDeliveryReceiptRequested,
  isReadReceiptRequested: (item) => item.isReadReceiptRequested,
  isRead: (item) => item.isRead,
  isDraft: (item) => item.isDraft,
  webLink: (item) =>
    `https://outlook.office365.com/owa/?ItemID=${encodeURIComponent(item.id)}&exvsurl=1&viewmodel=ReadMessageItem`,
  inferenceClassification: (item) => item.inferenceClassification,
  body: (item, preferences) => bodyJson(item, preferences),
  sender: (item) => recipientJson(item.sender ?? item.from),
  from: (item) => recipientJson(item.from ?? item.sender),
  toRecipients: (item) => item.toRecipients.map(recipientJson),
  ccRecipients: (item) => item.ccRecipients.map(recipientJson),
  bccRecipients: (item) => item.bccRecipients.map(recipientJson),
  replyTo: (item) => item.replyTo.map(recipientJson),
  flag: (item) => item.flag,
};

const recipientJson = (recipient: SimRecipient | null): Json | undefined =>
  recipient === null ? undefined : { emailAddress: { ...recipient } };

function bodyJson(item: SimItem, preferences: Preferences): Json {
  if (preferences.bodyType === 'text') {
    return { contentType: 'text', content: item.bodyType === 'text' ? item.body : textOf(item.body) };
  }
  const html = item.bodyType === 'html' ? item.body : htmlOf(item.body);
  return { contentType: 'html', content: preferences.unsafeHtml ? html : safeHtml(html) };
}

function previewOf(item: SimItem): string {
  // Long bodies are cut first: the preview has 255 characters.
  const start = item.body.slice(0, 8192);
  return (item.bodyType === 'text' ? start : textOf(start)).trim().slice(0, 255);
}

/** By PidTagTransportMessageHeaders where there are any, and the x- headers of the create. */
function internetHeaders(item: SimItem): SimHeader[] {
  const lines = (item.rawHeaders ?? '').replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/);
  const raw = lines.flatMap((line) => {
    const colon = line.indexOf(':');
    return colon > 0 ? [{ name: line.slice(0, colon), value: line.slice(colon + 1).trim() }] : [];
  });
  return [...raw, ...item.headers];
}

const COMPUTED: Readonly<Record<string, (item: SimItem) => string | null>> = {
  [ids.MESSAGE_FLAGS_ID]: (item) => String(messageFlags(item)),
  [ids.DELIVERY_TIME_ID]: (item) => ids.graphTime(item.received),
  [ids.SUBMIT_TIME_ID]: (item) => ids.graphTime(item.sent),
  [ids.TRANSPORT_HEADERS_ID]: (item) => item.rawHeaders,
  [ids.IN_REPLY_TO_ID]: (item) => item.inReplyTo,
  [ids.REFERENCES_ID]: (item) => item.references,
  [ids.MESSAGE_ID_ID]: (item) => item.internetMessageId,
  [ids.SIZE_ID]: (item) => String(item.size),
  [ids.FLAG_STATUS_ID]: (item) =>
    item.flag.flagStatus === 'flagged' ? '2' : item.flag.flagStatus === 'complete' ? '1' : null,
  'String 0x37': (item) => item.subject,
};

/** A single-value extended property, by its canonical id; null where the message has none. */
export function extendedValue(item: SimItem, canonicalId: string): string | null {
  return COMPUTED[canonicalId]?.(item) ?? item.extended.get(canonicalId) ?? null;
}

/** An attachment as lists and $expand show it; `withBytes`: contentBytes too. */
export function attachmentJson(attachment: SimAttachment, withBytes: boolean): Json {
  const isFile = attachment.kind === 'file';
  return {
    '@odata.type': `#microsoft.graph.${attachment.kind}Attachment`,
    ...(isFile ? { '@odata.mediaContentType': attachment.contentType } : {}),
    id: attachment.id,
    lastModifiedDateTime: ids.graphTime(attachment.modified),
    name: attachment.name,
    contentType: attachment.contentType,
    size: attachment.bytes.length + 256,
    isInline: attachment.isInline,
    ...(isFile ? { contentId: attachment.contentId, contentLocation: attachment.contentLocation } : {}),
    ...(isFile && withBytes ? { contentBytes: attachment.bytes.toString('base64') } : {}),
  };
}
