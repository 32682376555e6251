import PostalMime, { type Address, type Attachment, type Email } from 'postal-mime';
import { emptyContent, type SimAttachment, type SimContent, type SimRecipient } from '../../mailbox/item.ts';
import { SimError } from '../../route.ts';
import { fieldValue, headerFields, headerSection } from './header-fields.ts';

/** What Exchange makes of a MIME message. The attachments have no ids yet; deeper ones are items with messages of their own. */
export type MimeContent = Omit<SimContent, 'attachments'> & { attachments: Omit<SimAttachment, 'id'>[] };

/** Deeper messages stay files. */
const DEEPEST = 5;

/** `now`: milliseconds since 1970, for the dates that are missing. Throws ErrorMimeContentInvalid. */
export async function readMime(mime: Buffer, now: number, depth = 0): Promise<MimeContent> {
  const email = await parsed(mime);
  const rawHeaders = headerSection(mime);
  const fields = headerFields(rawHeaders);
  const from = recipients(email.from === undefined ? [] : [email.from])[0] ?? null;
  const sent = Date.parse(email.date ?? '');
  const isHtml = email.html !== undefined && email.html !== '';
  return {
    ...emptyContent(now),
    subject: email.subject?.slice(0, 255) ?? null,
    bodyType: isHtml ? 'html' : 'text',
    body: (isHtml ? email.html : email.text) ?? '',
    from,
    sender: recipients(email.sender === undefined ? [] : [email.sender])[0] ?? from,
    toRecipients: recipients(email.to),
    ccRecipients: recipients(email.cc),
    bccRecipients: recipients(email.bcc),
    replyTo: recipients(email.replyTo),
    importance: importanceOf(fieldValue(fields, 'Importance'), fieldValue(fields, 'X-Priority')),
    isReadReceiptRequested: fieldValue(fields, 'Disposition-Notification-To') !== null,
    isDeliveryReceiptRequested: fieldValue(fields, 'Return-Receipt-To') !== null,
    internetMessageId: email.messageId ?? '',
    rawHeaders,
    sent: Number.isNaN(sent) ? now : Math.floor(sent / 1000) * 1000,
    inReplyTo: email.inReplyTo ?? null,
    references: email.references ?? null,
    attachments: await Promise.all(email.attachments.map((each) => attachmentOf(each, now, depth))),
    mime,
  };
}

async function parsed(mime: Buffer): Promise<Email> {
  try {
    return await PostalMime.parse(mime, { forceRfc822Attachments: true });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new SimError(400, 'ErrorMimeContentInvalid', `Invalid MIME content: ${why}`);
  }
}

function recipients(addresses: readonly Address[] | undefined): SimRecipient[] {
  return (addresses ?? [])
    .flatMap((each) => each.group ?? [each])
    .flatMap(({ name, address }) =>
      address === undefined || address === '' ? [] : [{ name: name || address, address }],
    );
}

function importanceOf(importance: string | null, priority: string | null): SimContent['importance'] {
  const word = importance?.toLowerCase();
  if (word === 'high' || word === 'low') return word;
  const digit = word === undefined ? priority?.charAt(0) : undefined;
  return digit === '1' || digit === '2' ? 'high' : digit === '4' || digit === '5' ? 'low' : 'normal';
}

async function attachmentOf(part: Attachment, now: number, depth: number): Promise<Omit<SimAttachment, 'id'>> {
  const bytes = bytesOf(part);
  const contentId = part.contentId?.replace(/^<|>$/g, '') ?? null;
  const common = {
    isInline: contentId !== null && (part.related === true || part.disposition === 'inline'),
    contentId,
    contentLocation: null,
    modified: now,
  };
  if (part.mimeType === 'message/rfc822' && depth < DEEPEST) {
    const inner = await readMime(bytes, now, depth + 1);
    const name = inner.subject ?? part.filename ?? 'Untitled';
    return { ...common, kind: 'item', name, contentType: null, bytes: Buffer.from(JSON.stringify(itemJson(inner))) };
  }
  const name =
    part.filename ?? (part.mimeType === 'message/rfc822' ? 'message.eml' : `ATT${nameSuffix(part.mimeType)}`);
  return { ...common, kind: 'file', name, contentType: part.mimeType, bytes };
}

const bytesOf = ({ content }: Attachment): Buffer =>
  typeof content === 'string'
    ? Buffer.from(content)
    : content instanceof ArrayBuffer
      ? Buffer.from(content)
      : Buffer.from(content.buffer, content.byteOffset, content.byteLength);

const nameSuffix = (mimeType: string): string => (mimeType.startsWith('text/') ? '00001.txt' : '00001.bin');

/** The JSON of an item attachment's message. */
function itemJson(content: MimeContent): Record<string, unknown> {
  const people = (list: readonly SimRecipient[]): unknown => list.map((emailAddress) => ({ emailAddress }));
  return {
    '@odata.type': '#microsoft.graph.message',
    subject: content.subject,
    body: { contentType: content.bodyType, content: content.body },
    ...(content.from === null ? {} : { from: { emailAddress: content.from } }),
    ...(content.sender === null ? {} : { sender: { emailAddress: content.sender } }),
    toRecipients: people(content.toRecipients),
    ccRecipients: people(content.ccRecipients),
    bccRecipients: people(content.bccRecipients),
    replyTo: people(content.replyTo),
    importance: content.importance,
    ...(content.internetMessageId === '' ? {} : { internetMessageId: content.internetMessageId }),
    sentDateTime: new Date(content.sent).toISOString(),
    attachments: content.attachments.map((each) =>
      each.kind === 'item'
        ? { '@odata.type': '#microsoft.graph.itemAttachment', name: each.name, item: JSON.parse(each.bytes.toString()) }
        : {
            '@odata.type': '#microsoft.graph.fileAttachment',
            name: each.name,
            contentType: each.contentType,
            isInline: each.isInline,
            contentId: each.contentId,
            contentBytes: each.bytes.toString('base64'),
          },
    ),
  };
}
