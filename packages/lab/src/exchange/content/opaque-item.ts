import { deflateSync, inflateSync } from 'node:zlib';
import { z } from 'zod';
import type { SimContent } from '../mailbox/item.ts';
import type { MailboxStore } from '../mailbox/store.ts';
import { SimError } from '../route.ts';

/**
 * The stream of exportItems and importItem: opaque to clients. As in Microsoft's, 03 00 07 0E goes before PidTagMessageFlags (four
 * bytes, little-endian), and what stands there at the import counts: bit 8 is a draft (observed, facts 1d).
 */
const BEGIN = Buffer.from('0100000014000000', 'hex');
const FLAGS = Buffer.from('0300070e', 'hex');
const READ = 1;
const UNSENT = 8;

const recipient = z.object({ name: z.string(), address: z.string() });
const zoned = z.object({ dateTime: z.string(), timeZone: z.string() });
const bytes = z.string().transform((text) => Buffer.from(text, 'base64'));
const content = z.object({
  subject: z.string().nullable(),
  bodyType: z.enum(['text', 'html']),
  body: z.string(),
  from: recipient.nullable(),
  sender: recipient.nullable(),
  toRecipients: z.array(recipient),
  ccRecipients: z.array(recipient),
  bccRecipients: z.array(recipient),
  replyTo: z.array(recipient),
  importance: z.enum(['low', 'normal', 'high']),
  inferenceClassification: z.enum(['focused', 'other']),
  submitted: z.boolean(),
  isDeliveryReceiptRequested: z.boolean(),
  isReadReceiptRequested: z.boolean(),
  categories: z.array(z.string()),
  flag: z.object({
    flagStatus: z.enum(['notFlagged', 'flagged', 'complete']),
    startDateTime: zoned.exactOptional(),
    dueDateTime: zoned.exactOptional(),
    completedDateTime: zoned.exactOptional(),
  }),
  internetMessageId: z.string(),
  headers: z.array(z.object({ name: z.string(), value: z.string() })),
  rawHeaders: z.string().nullable(),
  received: z.number(),
  sent: z.number(),
  inReplyTo: z.string().nullable(),
  references: z.string().nullable(),
  extended: z.array(z.tuple([z.string(), z.string()])).transform((pairs) => new Map(pairs)),
  multiExtended: z.array(z.tuple([z.string(), z.array(z.string())])).transform((pairs) => new Map(pairs)),
  attachments: z.array(
    z.object({
      kind: z.enum(['file', 'item', 'reference']),
      name: z.string(),
      contentType: z.string().nullable(),
      isInline: z.boolean(),
      contentId: z.string().nullable(),
      contentLocation: z.string().nullable(),
      modified: z.number(),
      bytes,
    }),
  ),
  mime: bytes.nullable(),
});

export function exported(item: SimContent): Buffer {
  const flags = Buffer.alloc(4);
  flags.writeInt32LE((item.isRead ? READ : 0) | (item.isDraft ? UNSENT : 0));
  const json = JSON.stringify({
    ...item,
    extended: [...item.extended],
    multiExtended: [...item.multiExtended],
    attachments: item.attachments.map((each) => ({ ...each, bytes: each.bytes.toString('base64') })),
    mime: item.mime?.toString('base64') ?? null,
  });
  return Buffer.concat([BEGIN, FLAGS, flags, deflateSync(json)]);
}

/** Throws 400 ErrorCorruptData. */
export function imported(stream: Buffer, store: MailboxStore): SimContent {
  const start = BEGIN.length + FLAGS.length;
  if (!stream.subarray(0, start).equals(Buffer.concat([BEGIN, FLAGS])) || stream.length < start + 4) throw corrupt();
  const flags = stream.readInt32LE(start);
  const parsed = content.safeParse(jsonOf(stream.subarray(start + 4)));
  if (!parsed.success) throw corrupt();
  return {
    ...parsed.data,
    isRead: (flags & READ) !== 0,
    isDraft: (flags & UNSENT) !== 0,
    attachments: parsed.data.attachments.map((each) => ({ ...each, id: store.newAttachmentId() })),
  };
}

function jsonOf(packed: Buffer): unknown {
  try {
    return JSON.parse(inflateSync(packed).toString());
  } catch {
    return null;
  }
}

const corrupt = (): SimError => new SimError(400, 'ErrorCorruptData', 'The data of the item is corrupt.');
