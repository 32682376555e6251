import { createHash } from 'node:crypto';
import { textOf } from '../../mailbox/html.ts';
import type { SimAttachment, SimContent, SimItem, SimRecipient } from '../../mailbox/item.ts';
import { base64Lines, dateTime, encodedText, parameter } from './encoded.ts';
import { endOfHeader, headerFields } from './header-fields.ts';
import { nestedContent } from './nested-item.ts';

export interface WriteMimeOptions {
  /** Custom X- headers of 0x007D. */
  customHeaders: 'lost' | 'kept';
}

/** Made anew from the item: its own values, and the MIME's own. */
const OWN_FIELDS =
  /^(from|sender|to|cc|bcc|reply-to|subject|date|message-id|in-reply-to|references|importance|mime-version|content-.*|disposition-notification-to|return-receipt-to)$/i;
/** Exchange's own marker of an item it converted; it stands in all it gives out. */
const CONVERTED = 'X-MS-Has-Attach';

/**
 * The message as MIME, the same bytes for the same state of the item. Boundaries, encodings and the order of fields are Exchange's,
 * not those of the message that came; what came as MIME keeps its parts and fields, and gets one field more.
 */
export function writeMime(item: SimItem, { customHeaders }: WriteMimeOptions): Buffer {
  if (item.mime !== null)
    return withField(
      item.mime,
      item.attachments.some(({ isInline }) => !isInline),
    );
  const fields = [
    ...transportFields(item.rawHeaders, customHeaders),
    ...item.headers.flatMap(({ name, value }) => (customHeaders === 'kept' ? [`${name}: ${value}`] : [])),
    ...ownFields(item),
    `Thread-Topic: ${encodedText(item.subject ?? '')}`,
    `Thread-Index: ${item.conversationIndex}`,
    'Accept-Language: en-US',
    'Content-Language: en-US',
    `${CONVERTED}: ${item.attachments.some(({ isInline }) => !isInline) ? 'yes' : ''}`,
  ];
  return Buffer.from(`${fields.join('\r\n')}\r\n${entity(item, seedOf(item))}`, 'latin1');
}

const seedOf = (item: SimItem): string =>
  createHash('sha256').update(`${item.immutableId}\n${item.changeKey}`).digest('hex');

function withField(mime: Buffer, has: boolean): Buffer {
  const body = endOfHeader(mime);
  const lines = mime
    .subarray(0, body)
    .toString('latin1')
    .replace(/(\r?\n)?\r?\n$/, '');
  const field = `${CONVERTED}: ${has ? 'yes' : ''}`;
  const header = lines === '' ? field : `${lines}\r\n${field}`;
  return Buffer.concat([Buffer.from(`${header}\r\n\r\n`, 'latin1'), mime.subarray(body)]);
}

/** Received, DKIM-Signature, List-Id and their like, in their order. */
function transportFields(rawHeaders: string | null, customHeaders: 'lost' | 'kept'): string[] {
  return headerFields(rawHeaders ?? '')
    .filter(({ name }) => !OWN_FIELDS.test(name) && (customHeaders === 'kept' || !/^x-/i.test(name)))
    .map(({ lines }) => Buffer.from(lines, 'utf8').toString('latin1'));
}

/** Fields from the item's values; latin1 holds the bytes as they go out. */
export function ownFields(content: SimContent): string[] {
  const { from, sender } = content;
  const list = (name: string, people: readonly SimRecipient[]): string[] =>
    people.length === 0 ? [] : [`${name}: ${people.map(mailbox).join(',\r\n\t')}`];
  return [
    ...(from === null ? [] : [`From: ${mailbox(from)}`]),
    ...(sender === null || sender.address === from?.address ? [] : [`Sender: ${mailbox(sender)}`]),
    ...list('To', content.toRecipients),
    ...list('CC', content.ccRecipients),
    ...list('BCC', content.bccRecipients),
    ...list('Reply-To', content.replyTo),
    `Subject: ${encodedText(content.subject ?? '')}`,
    `Date: ${dateTime(content.sent)}`,
    ...(content.internetMessageId === '' ? [] : [`Message-ID: ${content.internetMessageId}`]),
    ...(content.inReplyTo === null ? [] : [`In-Reply-To: ${content.inReplyTo}`]),
    ...(content.references === null ? [] : [`References: ${content.references.trim().split(/\s+/).join('\r\n\t')}`]),
    ...(content.importance === 'normal' ? [] : [`Importance: ${content.importance}`]),
    ...(content.isReadReceiptRequested && from !== null ? [`Disposition-Notification-To: ${mailbox(from)}`] : []),
    ...(content.isDeliveryReceiptRequested && from !== null ? [`Return-Receipt-To: ${mailbox(from)}`] : []),
  ];
}

function mailbox({ name, address }: SimRecipient): string {
  const angle = `<${Buffer.from(address, 'utf8').toString('latin1')}>`;
  if (name === '' || name === address) return angle;
  return /^[\x20-\x7e]*$/.test(name) ? `"${name.replace(/[\\"]/g, '\\$&')}" ${angle}` : `${encodedText(name)} ${angle}`;
}

/**
 *   multipart/mixed                   where there are attachments
 *     multipart/related               where there are inline ones
 *       multipart/alternative | text/plain
 */
export function entity(content: SimContent, seed: string): string {
  const inline = content.attachments.filter((each) => each.isInline && each.contentId !== null);
  const others = content.attachments.filter((each) => !inline.includes(each));
  const text =
    content.bodyType === 'text'
      ? textPart('text/plain', content.body)
      : multipart('alternative', `${seed.slice(0, 32)}0`, [
          textPart('text/plain', textOf(content.body)),
          textPart('text/html', content.body),
        ]);
  const parts = (list: readonly SimAttachment[]): string[] =>
    list.map((each, index) => attachmentPart(each, seedOfPart(seed, each, index)));
  const shown = inline.length === 0 ? text : multipart('related', `${seed.slice(0, 32)}1`, [text, ...parts(inline)]);
  const whole = others.length === 0 ? shown : multipart('mixed', `${seed.slice(0, 32)}2`, [shown, ...parts(others)]);
  return whole.replace('\r\n\r\n', '\r\nMIME-Version: 1.0\r\n\r\n');
}

const seedOfPart = (seed: string, { name }: SimAttachment, index: number): string =>
  createHash('sha256').update(`${seed}\n${index}\n${name}`).digest('hex');

const textPart = (type: string, text: string): string =>
  `Content-Type: ${type}; charset="utf-8"\r\nContent-Transfer-Encoding: base64\r\n\r\n${base64Lines(Buffer.from(text))}\r\n`;

function multipart(subtype: string, mark: string, parts: readonly string[]): string {
  const boundary = `_00${mark.slice(-1)}_${mark.slice(0, -1)}_`;
  const type = subtype === 'related' ? '; type="multipart/alternative"' : '';
  const head = `Content-Type: multipart/${subtype};\r\n\tboundary="${boundary}"${type}\r\n\r\n`;
  return `${head}${parts.map((part) => `--${boundary}\r\n${part}\r\n`).join('')}--${boundary}--\r\n`;
}

function attachmentPart(attachment: SimAttachment, seed: string): string {
  if (attachment.kind === 'item') {
    const inner = nestedContent(attachment);
    return `Content-Type: message/rfc822\r\n\r\n${ownFields(inner).join('\r\n')}\r\n${entity(inner, seed)}`;
  }
  const { name, contentType, contentId, contentLocation, isInline, bytes } = attachment;
  return [
    `Content-Type: ${contentType ?? 'application/octet-stream'}; ${parameter('name', name)}`,
    `Content-Description: ${encodedText(name)}`,
    `Content-Disposition: ${isInline ? 'inline' : 'attachment'}; ${parameter('filename', name)}; size=${bytes.length}`,
    ...(contentId === null ? [] : [`Content-ID: <${Buffer.from(contentId).toString('latin1')}>`]),
    ...(contentLocation === null ? [] : [`Content-Location: ${contentLocation}`]),
    'Content-Transfer-Encoding: base64',
    '',
    `${base64Lines(bytes)}\r\n`,
  ].join('\r\n');
}
