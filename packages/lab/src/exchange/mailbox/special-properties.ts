import * as ids from './extended.ts';
import type { SimFlag } from './item.ts';
import type { MessageBody } from './schema.ts';

/** Extended properties whose values are properties of the message itself. */
export interface Special {
  flags: number | null;
  received: number | null;
  sent: number | null;
  rawHeaders: string | null;
  inReplyTo: string | null;
  references: string | null;
  messageId: string | null;
  flagStatus: number | null;
}

/** Throws SimError: ids and values that are none. */
export function singleValues(body: MessageBody): { special: Special; extended: Map<string, string> } {
  const extended = new Map<string, string>();
  for (const given of body.singleValueExtendedProperties ?? []) {
    const id = ids.propertyId(given.id);
    extended.set(id.canonical, ids.propertyValue(id, given.value));
  }
  const take = (id: string): string | null => {
    const value = extended.get(id) ?? null;
    extended.delete(id);
    return value;
  };
  const number = (value: string | null): number | null => (value === null ? null : Number(value));
  const date = (value: string | null): number | null => (value === null ? null : Date.parse(value));
  const special = {
    flags: number(take(ids.MESSAGE_FLAGS_ID)),
    received: date(take(ids.DELIVERY_TIME_ID)),
    sent: date(take(ids.SUBMIT_TIME_ID)),
    rawHeaders: take(ids.TRANSPORT_HEADERS_ID),
    inReplyTo: take(ids.IN_REPLY_TO_ID),
    references: take(ids.REFERENCES_ID),
    messageId: take(ids.MESSAGE_ID_ID),
    flagStatus: number(take(ids.FLAG_STATUS_ID)),
  };
  take(ids.SIZE_ID);
  return { special, extended };
}

export function multiValues(body: MessageBody): Map<string, string[]> {
  return new Map(
    (body.multiValueExtendedProperties ?? []).map((given) => {
      const id = ids.propertyId(given.id, 'multi');
      return [id.canonical, given.value.map((value) => ids.propertyValue(id, value))];
    }),
  );
}

/** PidTagFlagStatus: 2 flagged, 1 complete. */
export const flagOf = (status: number | null): { flag?: SimFlag } =>
  status === null ? {} : { flag: { flagStatus: status === 2 ? 'flagged' : status === 1 ? 'complete' : 'notFlagged' } };
