import { SimError } from '../route.ts';
import type { SimWorld } from '../sim-world.ts';
import { storedHtml } from './html.ts';
import {
  emptyContent,
  type SimAttachment,
  type SimContent,
  type SimFlag,
  type SimHeader,
  type SimRecipient,
} from './item.ts';
import type { AttachmentBody, MessageBody, RecipientBody } from './schema.ts';
import { flagOf, multiValues, singleValues } from './special-properties.ts';

const READ_ONLY = [
  'id',
  'changeKey',
  'createdDateTime',
  'lastModifiedDateTime',
  'bodyPreview',
  'conversationId',
  'hasAttachments',
  'isDraft',
  'parentFolderId',
  'uniqueBody',
  'webLink',
] as const;
/** Changes of these on a non-draft need Mail-Advanced from 2026-12-31 on (facts ADV). */
const SENSITIVE = [
  'subject',
  'body',
  'toRecipients',
  'ccRecipients',
  'bccRecipients',
  'replyTo',
  'from',
  'sender',
  'internetMessageId',
  'singleValueExtendedProperties',
  'multiValueExtendedProperties',
] as const;
const SUBJECT_LENGTH = 255;
const HEADERS = 5;
const HEADER_LENGTH = 995;
const READ = 1;
const SUBMITTED = 4;
const UNSENT = 8;

/** The message a JSON create makes. Throws SimError. */
export function createdContent(
  world: Pick<SimWorld, 'now' | 'switches'>,
  body: MessageBody,
  newAttachmentId: () => string,
): SimContent {
  const now = world.now().getTime();
  refuseReadOnly(world, body);
  const { special, extended } = singleValues(body);
  const isDraft = special.flags === null || (special.flags & UNSENT) !== 0;
  const plain = plainChanges(world, body);
  const read = special.flags === null ? isDraft : (special.flags & READ) !== 0;
  return {
    ...emptyContent(now),
    ...flagOf(special.flagStatus),
    ...plain,
    isDraft,
    submitted: special.flags !== null && (special.flags & SUBMITTED) !== 0,
    isRead: body.isRead ?? read,
    internetMessageId: body.internetMessageId ?? special.messageId ?? '',
    headers: headersOf(body),
    rawHeaders: special.rawHeaders,
    received: special.received ?? now,
    sent: special.sent ?? now,
    inReplyTo: special.inReplyTo,
    references: special.references,
    extended,
    multiExtended: multiValues(body),
    attachments: (body.attachments ?? []).map((given) => attachmentOf(given, newAttachmentId(), now)),
  };
}

/** What a PATCH changes. Throws SimError. */
export function changedContent(
  world: Pick<SimWorld, 'now' | 'switches'>,
  body: MessageBody,
  item: SimContent,
  mayChangeSensitive: boolean,
): Partial<SimContent> {
  refuseReadOnly(world, body);
  if (body.attachments !== undefined)
    throw new SimError(400, 'ErrorInvalidPropertySet', 'The property attachments cannot be set.');
  if (body.internetMessageHeaders !== undefined && world.switches.readOnlyProperties === 'refused')
    throw readOnly('internetMessageHeaders');
  if (!item.isDraft && !mayChangeSensitive && SENSITIVE.some((name) => body[name] !== undefined)) {
    const late = world.now().getTime() >= Date.parse(world.switches.advancedFrom);
    if (late)
      throw new SimError(403, world.switches.advancedRefusal, 'Access is denied. Check credentials and try again.');
  }
  const changes: Partial<SimContent> = plainChanges(world, body);
  if (body.isRead !== undefined && body.isRead !== null) changes.isRead = body.isRead;
  if (body.internetMessageId) changes.internetMessageId = body.internetMessageId;
  if (body.singleValueExtendedProperties !== undefined) {
    // PidTagMessageFlags and the dates are set at creation only: accepted here, without effect (facts 1b).
    const { special, extended } = singleValues(body);
    changes.extended = new Map([...item.extended, ...extended]);
    if (special.rawHeaders !== null) changes.rawHeaders = special.rawHeaders;
    if (special.inReplyTo !== null) changes.inReplyTo = special.inReplyTo;
    if (special.references !== null) changes.references = special.references;
    if (special.messageId !== null) changes.internetMessageId = special.messageId;
    Object.assign(changes, flagOf(special.flagStatus));
  }
  if (body.multiValueExtendedProperties !== undefined)
    changes.multiExtended = new Map([...item.multiExtended, ...multiValues(body)]);
  return changes;
}

/** What create and PATCH take alike. */
function plainChanges(world: Pick<SimWorld, 'switches'>, body: MessageBody): Partial<SimContent> {
  const changes: Partial<SimContent> = {};
  if (body.subject !== undefined) changes.subject = subjectOf(world, body.subject);
  if (body.body) {
    changes.bodyType = body.body.contentType ?? 'text';
    const content = body.body.content ?? '';
    changes.body = changes.bodyType === 'html' ? storedHtml(content) : content;
  }
  for (const name of ['from', 'sender'] as const) {
    const given = body[name];
    if (given !== undefined) changes[name] = given === null ? null : recipientOf(given);
  }
  for (const name of ['toRecipients', 'ccRecipients', 'bccRecipients', 'replyTo'] as const) {
    const given = body[name];
    if (given !== undefined) changes[name] = given.map(recipientOf);
  }
  if (body.importance) changes.importance = body.importance;
  if (body.inferenceClassification) changes.inferenceClassification = body.inferenceClassification;
  for (const name of ['isDeliveryReceiptRequested', 'isReadReceiptRequested'] as const) {
    const given = body[name];
    if (given !== undefined && given !== null) changes[name] = given;
  }
  if (body.categories !== undefined) changes.categories = [...body.categories];
  if (body.flag) changes.flag = followUp(body.flag);
  return changes;
}

function refuseReadOnly(world: Pick<SimWorld, 'switches'>, body: MessageBody): void {
  for (const name of ['receivedDateTime', 'sentDateTime'] as const) {
    if (body[name] !== undefined && world.switches.jsonDates === 'refused') throw readOnly(name);
  }
  if (world.switches.readOnlyProperties === 'ignored') return;
  for (const name of READ_ONLY) if (body[name] !== undefined) throw readOnly(name);
}

const readOnly = (name: string): SimError =>
  new SimError(400, 'ErrorInvalidPropertySet', `The property '${name}' is read-only and cannot be set.`);

function subjectOf(world: Pick<SimWorld, 'switches'>, subject: string | null): string | null {
  if (subject === null || subject.length <= SUBJECT_LENGTH) return subject;
  if (world.switches.longSubject === 'refused')
    throw new SimError(400, 'ErrorInvalidArgument', 'The subject is too long.');
  return subject.slice(0, SUBJECT_LENGTH);
}

const ADDRESS = /^(?:[^\s@<>()[\]\\,;:"]+|"(?:[^"\\\r\n]|\\.)+")@[^\s@<>()\\,;:"]+$/;
const LEGACY_DN = /^\/o=/i;

function recipientOf(given: RecipientBody): SimRecipient {
  const address = given.emailAddress?.address ?? '';
  if (!ADDRESS.test(address) && !LEGACY_DN.test(address)) {
    throw new SimError(
      400,
      'ErrorInvalidRecipients',
      `At least one recipient isn't valid., Recipient '${address}' isn't valid.`,
    );
  }
  return { name: given.emailAddress?.name ?? address, address };
}

function headersOf(body: MessageBody): SimHeader[] {
  const given = body.internetMessageHeaders ?? [];
  for (const { name, value } of given) {
    if (!/^x-[\x21-\x39\x3b-\x7e]+$/i.test(name ?? '')) {
      const words = `The internet message header name '${name ?? ''}' should start with 'x-' or 'X-'.`;
      throw new SimError(400, 'InvalidInternetMessageHeader', words);
    }
    if ((value ?? '').length > HEADER_LENGTH)
      throw new SimError(400, 'InvalidInternetMessageHeader', `The value of '${name}' is too long.`);
  }
  if (given.length > HEADERS) {
    const words = `The internet message header collection holds more than ${HEADERS} headers.`;
    throw new SimError(400, 'InvalidInternetMessageHeaderCollection', words);
  }
  return given.map(({ name, value }) => ({ name: name ?? '', value: value ?? '' }));
}

function followUp(given: NonNullable<MessageBody['flag']>): SimFlag {
  const flag: SimFlag = { flagStatus: given.flagStatus ?? 'notFlagged' };
  for (const name of ['startDateTime', 'dueDateTime', 'completedDateTime'] as const) {
    const date = given[name];
    if (date) flag[name] = { dateTime: date.dateTime, timeZone: date.timeZone ?? 'UTC' };
  }
  return flag;
}

/** An attachment as the create of a message, or of an attachment, gives it. Throws SimError. */
export function attachmentOf(given: AttachmentBody, id: string, now: number): SimAttachment {
  const common = {
    id,
    name: given.name ?? '',
    contentType: given.contentType ?? null,
    isInline: given.isInline ?? false,
    contentId: null,
    contentLocation: null,
    modified: now,
  };
  if ('contentBytes' in given || 'contentId' in given || given['@odata.type'].endsWith('fileAttachment'))
    return fileOf(given, common);
  if ('item' in given && given.item) return { ...common, kind: 'item', bytes: Buffer.from(JSON.stringify(given.item)) };
  return {
    ...common,
    kind: given['@odata.type'].endsWith('itemAttachment') ? 'item' : 'reference',
    bytes: Buffer.alloc(0),
  };
}

function fileOf(given: AttachmentBody, common: Omit<SimAttachment, 'kind' | 'bytes'>): SimAttachment {
  const bytes = 'contentBytes' in given ? given.contentBytes : undefined;
  if (common.name === '' || !bytes)
    throw new SimError(400, 'ErrorInvalidArgument', 'A file attachment needs a name and contentBytes.');
  return {
    ...common,
    kind: 'file',
    contentId: ('contentId' in given ? given.contentId : null) ?? null,
    contentLocation: ('contentLocation' in given ? given.contentLocation : null) ?? null,
    bytes,
  };
}
