import type { ExtendedProperty, GraphAttachment } from '../mime/graph-message.ts';
import { readAttachment } from './attachment-bytes.ts';
import { ONE_CREATE_BYTES } from './choose-writer.ts';

/** Attachments below this go in one request of their own: as base64 with all around it they stay below 4,000,000 bytes. */
export const ONE_POST_ATTACHMENT_BYTES = 2_990_000;

/** A message as the create has it, but for its attachments. */
export interface CreateBody {
  message: Readonly<Record<string, unknown>>;
  properties: readonly ExtendedProperty[];
}

/**
 * How a message is created.
 *
 *   one     all of it is one POST: whole or not there
 *   parts   the attachments of `first` go with the create, those of `later` after it, one by one
 *   none    even without attachments it is too large for a request
 */
export type CreatePlan =
  | { kind: 'one' }
  | { kind: 'parts'; first: readonly GraphAttachment[]; later: readonly GraphAttachment[] }
  | { kind: 'none' };

/** More than the JSON of it takes: nearly every message is seen to fit without being written out twice. */
function mostJsonBytes(value: unknown): number {
  // A character is six bytes at most (\u0000).
  if (typeof value === 'string') return 6 * value.length + 3;
  if (Buffer.isBuffer(value) || value === null || typeof value !== 'object') return 32;
  return Object.entries(value).reduce((sum, [name, part]) => sum + 6 * name.length + 8 + mostJsonBytes(part), 128);
}

/** @param mostBytes of one create */
export function planCreate(
  body: CreateBody,
  attachments: readonly GraphAttachment[],
  mostBytes: number = ONE_CREATE_BYTES,
): CreatePlan {
  if (
    mostJsonBytes(body) + attachments.reduce((sum, one) => sum + mostJsonBytes(one) + base64Bytes(one.size), 0) <
    mostBytes
  ) {
    return { kind: 'one' };
  }
  let bytes = Buffer.byteLength(createJson(body, []));
  if (bytes >= mostBytes) return { kind: 'none' };
  const first: GraphAttachment[] = [];
  const later: GraphAttachment[] = [];
  for (const attachment of attachments) {
    const more = Buffer.byteLength(JSON.stringify(attachmentJson(attachment, ''))) + base64Bytes(attachment.size) + 1;
    if (attachment.size < ONE_POST_ATTACHMENT_BYTES && bytes + more < mostBytes) {
      first.push(attachment);
      bytes += more;
    } else later.push(attachment);
  }
  return later.length === 0 ? { kind: 'one' } : { kind: 'parts', first, later };
}

const base64Bytes = (bytes: number): number => 4 * Math.ceil(bytes / 3);

/** The body of the create, with these attachments. */
export async function createBody(body: CreateBody, attachments: readonly GraphAttachment[]): Promise<string> {
  const read: unknown[] = [];
  for (const attachment of attachments) {
    read.push(attachmentJson(attachment, (await readAttachment(attachment)).toString('base64')));
  }
  return createJson(body, read);
}

const createJson = ({ message, properties }: CreateBody, attachments: readonly unknown[]): string =>
  JSON.stringify({
    ...message,
    ...(attachments.length === 0 ? {} : { attachments }),
    singleValueExtendedProperties: properties,
  });

export const attachmentJson = (
  { name, contentType, isInline, contentId }: GraphAttachment,
  contentBytes: string,
): Record<string, unknown> => ({
  '@odata.type': '#microsoft.graph.fileAttachment',
  name,
  contentType,
  isInline,
  ...(contentId === null ? {} : { contentId }),
  contentBytes,
});
