import type { MessageMeta } from '@mxodus/model';
import { z } from 'zod';
import { expanding, extendedValues, valuesOf } from './extended-values.ts';
import { FLAG_PROPERTIES, fromItem } from './flags.ts';
import { graphQuery } from './graph/graph.ts';

/** PidTagMessageSize, bytes. */
const MESSAGE_SIZE = 'Integer 0x0E08';

/** A message as listings give it. Nothing that may be null at a draft is needed. */
export const itemRow = z.object({
  id: z.string(),
  parentFolderId: z.string().nullish(),
  receivedDateTime: z.string().nullish(),
  isRead: z.boolean().nullish(),
  isDraft: z.boolean().nullish(),
  flag: z.object({ flagStatus: z.string().nullish() }).nullish(),
  categories: z.array(z.string()).nullish(),
  internetMessageId: z.string().nullish(),
  singleValueExtendedProperties: extendedValues,
});

export type ItemRow = z.output<typeof itemRow>;

const FLAG_FIELDS = 'isRead,isDraft,flag,categories';

/** What is asked for: `$expand` with a larger page ends in 504 now and then (facts §4). */
const PAGE = 200;

/** For the flags alone. */
export const flagsQuery = (page: number | undefined = PAGE): string =>
  graphQuery({ $select: `id,parentFolderId,${FLAG_FIELDS}`, $expand: expanding(FLAG_PROPERTIES), $top: page });

/** For a MessageMeta; `page` undefined for one message. */
export const metaQuery = ({ messageIds, page }: { messageIds: boolean; page: boolean }): string =>
  graphQuery({
    $select: `id,parentFolderId,receivedDateTime,${FLAG_FIELDS}${messageIds ? ',internetMessageId' : ''}`,
    $expand: expanding([MESSAGE_SIZE, ...FLAG_PROPERTIES]),
    $top: page ? PAGE : undefined,
  });

export const flagsOf = (row: ItemRow): string[] =>
  fromItem({
    isRead: row.isRead === true,
    isDraft: row.isDraft === true,
    flagStatus: row.flag?.flagStatus ?? null,
    categories: row.categories ?? [],
    properties: valuesOf(row.singleValueExtendedProperties, FLAG_PROPERTIES),
  });

export function metaOf(uid: number, row: ItemRow, messageIds: boolean): MessageMeta {
  const size = Number(valuesOf(row.singleValueExtendedProperties, [MESSAGE_SIZE]).get(MESSAGE_SIZE) ?? 0);
  return {
    uid,
    flags: flagsOf(row),
    internalDate: arrivalOf(row.receivedDateTime),
    bytes: Number.isSafeInteger(size) ? size : 0,
    ...(messageIds ? { messageId: row.internetMessageId ?? null } : {}),
  };
}

/** Milliseconds; null where there is none. */
export function arrivalOf(received: string | null | undefined): number | null {
  const time = Date.parse(received ?? '');
  return Number.isNaN(time) ? null : time;
}
