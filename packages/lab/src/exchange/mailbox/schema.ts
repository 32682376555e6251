/**
 * Types of mail in Graph, transcribed from microsoftgraph/msgraph-metadata clean_v10_metadata (MIT), commit
 * f54f11b60956ea7b185ca0447b2b80805836ec7b (2026-08-20): what the create and PATCH of messages and folders accept. A property that is
 * not here or of another type is 400 UnableToDeserializePostBody. `extensions` (open extensions) are left out.
 */
import { z } from 'zod';
import { SimError } from '../route.ts';

const text = z.string().nullish();
const yesNo = z.boolean().nullish();
const DATE_TIME_OFFSET = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,12})?)?(Z|[+-]\d\d:\d\d)$/;
const dateTimeOffset = z
  .string()
  .refine((value) => DATE_TIME_OFFSET.test(value) && !Number.isNaN(Date.parse(value)))
  .nullish();
/** Edm.Binary, decoded. */
const binary = z.string().transform((value, context) => {
  const bytes = Buffer.from(value, 'base64');
  if (bytes.toString('base64') !== value) context.addIssue({ code: 'custom', message: 'not base64' });
  return bytes;
});

/** Members in any case of letters, as Graph reads them ("HTML"). */
const member = <T extends string>(members: readonly T[]) =>
  z.string().transform((value, context): T => {
    const found = members.find((name) => name.toLowerCase() === value.toLowerCase());
    if (found !== undefined) return found;
    context.addIssue({ code: 'custom', message: 'not a member' });
    return z.NEVER;
  });

const typed = (name: string) => z.literal([`#microsoft.graph.${name}`, `microsoft.graph.${name}`]);

const dateTimeTimeZone = z.strictObject({ dateTime: z.string(), timeZone: text }).nullish();
const followupFlag = z
  .strictObject({
    flagStatus: member(['notFlagged', 'complete', 'flagged']).nullish(),
    startDateTime: dateTimeTimeZone,
    dueDateTime: dateTimeTimeZone,
    completedDateTime: dateTimeTimeZone,
  })
  .nullish();
const itemBody = z.strictObject({ contentType: member(['text', 'html']).nullish(), content: text }).nullish();
const recipient = z.strictObject({ emailAddress: z.strictObject({ name: text, address: text }).nullish() });
const recipients = z.array(recipient).optional();
const single = z.strictObject({
  '@odata.type': typed('singleValueLegacyExtendedProperty').optional(),
  id: z.string(),
  value: z.string(),
});
const multi = z.strictObject({
  '@odata.type': typed('multiValueLegacyExtendedProperty').optional(),
  id: z.string(),
  value: z.array(z.string()),
});

const attachment = {
  id: z.string().optional(),
  name: text,
  contentType: text,
  isInline: z.boolean().optional(),
  lastModifiedDateTime: dateTimeOffset,
  size: z.int32().optional(),
};
export const attachmentBody = z.discriminatedUnion('@odata.type', [
  z.strictObject({
    '@odata.type': typed('fileAttachment'),
    ...attachment,
    contentBytes: binary.nullish(),
    contentId: text,
    contentLocation: text,
  }),
  z.strictObject({
    '@odata.type': typed('itemAttachment'),
    ...attachment,
    item: z.record(z.string(), z.unknown()).nullish(),
  }),
  z.strictObject({ '@odata.type': typed('referenceAttachment'), ...attachment }),
]);

const entity = {
  '@odata.type': z.string().optional(),
  '@odata.context': z.string().optional(),
  '@odata.etag': z.string().optional(),
  id: z.string().optional(),
};

export const messageBody = z.strictObject({
  ...entity,
  '@odata.type': typed('message').optional(),
  categories: z.array(z.string()).optional(),
  changeKey: text,
  createdDateTime: dateTimeOffset,
  lastModifiedDateTime: dateTimeOffset,
  bccRecipients: recipients,
  body: itemBody,
  bodyPreview: text,
  ccRecipients: recipients,
  conversationId: text,
  conversationIndex: binary.nullish(),
  flag: followupFlag,
  from: recipient.nullish(),
  hasAttachments: yesNo,
  importance: member(['low', 'normal', 'high']).nullish(),
  inferenceClassification: member(['focused', 'other']).nullish(),
  internetMessageHeaders: z.array(z.strictObject({ name: text, value: text })).optional(),
  internetMessageId: text,
  isDeliveryReceiptRequested: yesNo,
  isDraft: yesNo,
  isRead: yesNo,
  isReadReceiptRequested: yesNo,
  parentFolderId: text,
  receivedDateTime: dateTimeOffset,
  replyTo: recipients,
  sender: recipient.nullish(),
  sentDateTime: dateTimeOffset,
  subject: text,
  toRecipients: recipients,
  uniqueBody: itemBody,
  webLink: text,
  attachments: z.array(attachmentBody).optional(),
  singleValueExtendedProperties: z.array(single).optional(),
  multiValueExtendedProperties: z.array(multi).optional(),
});

export const mailFolderBody = z.strictObject({
  ...entity,
  '@odata.type': typed('mailFolder').optional(),
  childFolderCount: z.int32().nullish(),
  displayName: text,
  isHidden: yesNo,
  parentFolderId: text,
  totalItemCount: z.int32().nullish(),
  unreadItemCount: z.int32().nullish(),
  singleValueExtendedProperties: z.array(single).optional(),
});

/** The parameter of move and copy; Graph writes it with a small letter, its schema with a capital one. */
export const destinationBody = z
  .union([z.strictObject({ destinationId: z.string() }), z.strictObject({ DestinationId: z.string() })])
  .transform((given) => ('destinationId' in given ? given.destinationId : given.DestinationId));

export type MessageBody = z.infer<typeof messageBody>;
export type AttachmentBody = z.infer<typeof attachmentBody>;
type RecipientBody = z.infer<typeof recipient>;

export type { RecipientBody };

/** Properties of a message that $select knows: the ones above, less what is for requests only. */
export const MESSAGE_PROPERTIES: ReadonlySet<string> = new Set(
  Object.keys(messageBody.shape).filter((name) => !name.startsWith('@')),
);
export const FOLDER_PROPERTIES: ReadonlySet<string> = new Set(
  Object.keys(mailFolderBody.shape).filter((name) => !name.startsWith('@')),
);

/** A JSON body of the type, or 400 UnableToDeserializePostBody. */
export function deserialize<T>(schema: z.ZodType<T>, body: Buffer | unknown): T {
  const result = schema.safeParse(Buffer.isBuffer(body) ? parseJson(body) : body);
  if (!result.success) throw unreadableBody();
  return result.data;
}

export const unreadableBody = (): SimError =>
  new SimError(400, 'UnableToDeserializePostBody', 'were unable to deserialize ');

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw unreadableBody();
  }
}
