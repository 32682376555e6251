import { z } from 'zod';
import { emptyContent, type SimAttachment, type SimContent, type SimRecipient } from '../../mailbox/item.ts';

const people = z
  .array(z.object({ emailAddress: z.object({ name: z.string().nullish(), address: z.string().nullish() }) }))
  .nullish();
const person = z
  .object({ emailAddress: z.object({ name: z.string().nullish(), address: z.string().nullish() }) })
  .nullish();

const inner = z.object({
  '@odata.type': z.string(),
  name: z.string().nullish(),
  contentType: z.string().nullish(),
  isInline: z.boolean().nullish(),
  contentId: z.string().nullish(),
  contentBytes: z.string().nullish(),
  item: z.unknown().optional(),
});

const item = z.object({
  subject: z.string().nullish(),
  body: z.object({ contentType: z.string().nullish(), content: z.string().nullish() }).nullish(),
  from: person,
  sender: person,
  toRecipients: people,
  ccRecipients: people,
  bccRecipients: people,
  replyTo: people,
  importance: z.enum(['low', 'normal', 'high']).nullish(),
  internetMessageId: z.string().nullish(),
  sentDateTime: z.string().nullish(),
  attachments: z.array(inner).nullish(),
});

/** The message in an item attachment, as a content of its own. What is not a message has a subject at most. */
export function nestedContent(attachment: SimAttachment): SimContent {
  const parsed = item.safeParse(JSON.parse(attachment.bytes.toString()));
  const sent = Date.parse(parsed.data?.sentDateTime ?? '');
  const content = emptyContent(Number.isNaN(sent) ? attachment.modified : sent);
  if (parsed.data === undefined) return { ...content, subject: attachment.name };
  const { body, attachments, ...rest } = parsed.data;
  return {
    ...content,
    subject: rest.subject ?? null,
    bodyType: body?.contentType?.toLowerCase() === 'html' ? 'html' : 'text',
    body: body?.content ?? '',
    from: recipient(rest.from),
    sender: recipient(rest.sender),
    toRecipients: recipients(rest.toRecipients),
    ccRecipients: recipients(rest.ccRecipients),
    bccRecipients: recipients(rest.bccRecipients),
    replyTo: recipients(rest.replyTo),
    importance: rest.importance ?? 'normal',
    internetMessageId: rest.internetMessageId ?? '',
    attachments: (attachments ?? []).map((each, index) => ({
      kind: each['@odata.type'].endsWith('itemAttachment') ? 'item' : 'file',
      id: `${attachment.id}.${index}`,
      name: each.name ?? '',
      contentType: each.contentType ?? null,
      isInline: each.isInline ?? false,
      contentId: each.contentId ?? null,
      contentLocation: null,
      modified: attachment.modified,
      bytes:
        each.item === undefined
          ? Buffer.from(each.contentBytes ?? '', 'base64')
          : Buffer.from(JSON.stringify(each.item)),
    })),
  };
}

const recipient = (given: z.infer<typeof person>): SimRecipient | null =>
  given === null || given === undefined
    ? null
    : { name: given.emailAddress.name ?? '', address: given.emailAddress.address ?? '' };

const recipients = (given: z.infer<typeof people>): SimRecipient[] =>
  (given ?? []).flatMap((each) => recipient(each) ?? []);
