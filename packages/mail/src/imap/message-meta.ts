import type { MessageMeta } from '@mxodus/model';
import type { FetchMessageObject } from 'imapflow';

/** A FETCH row without its body, in our words. */
export function messageMeta(row: FetchMessageObject, uid: number, messageIds: boolean): MessageMeta {
  const date = row.internalDate instanceof Date ? row.internalDate.getTime() : null;
  const flags = [...(row.flags ?? [])].filter((flag) => flag.toLowerCase() !== '\\recent').sort();
  const meta: MessageMeta = { uid, flags, internalDate: date, bytes: row.size ?? 0 };
  if (messageIds) meta.messageId = parseMessageId(row.headers);
  return meta;
}

function parseMessageId(header: Buffer | undefined): string | null {
  const value = /^message-id:\s*([\s\S]*)/i
    .exec(header?.toString('latin1') ?? '')?.[1]
    ?.replace(/\s+/g, ' ')
    .trim();
  return value === undefined || value === '' ? null : value;
}
