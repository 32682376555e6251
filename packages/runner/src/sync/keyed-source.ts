import { type Pair, pairByContent, pairKeyless } from '@mxodus/engine';
import type { KeyedMail, KeyedMessage, LedgerMessage, MailSession, MessageMeta } from '@mxodus/model';
import { headerDigests, headersOf } from './headers-of.ts';
import { EVER, span } from './keyed-copies.ts';
import type { SyncContext } from './sync-context.ts';

/** A source that makes the bytes of a message anew each time it is asked (see KeyedMail): what it gave before cannot be read again. */

/** The rows of these messages, with their keys. */
export async function lookAtKeyed(
  keyed: KeyedMail,
  path: string,
  messages: readonly Pick<MessageMeta, 'uid' | 'internalDate'>[],
): Promise<KeyedMessage[]> {
  if (messages.length === 0) return [];
  const wanted = new Set(messages.map(({ uid }) => uid));
  const dates = messages.flatMap(({ internalDate }) => (internalDate === null ? [] : [internalDate]));
  const rows = await keyed.look(path, dates.length === messages.length ? span(dates) : EVER);
  return rows.filter(({ uid }) => wanted.has(uid));
}

/** Which of them a destination folder has: see pairKeyless. `wanted` of a pair is the UID at the source. */
export async function pairWithKeyed(
  { connections }: SyncContext,
  of: { path: string; present: readonly MessageMeta[]; rows: readonly KeyedMessage[]; dates: boolean },
): Promise<Pair[]> {
  const { path, present, rows, dates } = of;
  const seconds = new Set(rows.map(({ internalDate }) => second(internalDate)));
  const near = dates ? present.filter(({ internalDate }) => seconds.has(second(internalDate))) : present;
  if (near.length === 0 || rows.length === 0) return [];
  const dateOf = new Map(near.map(({ uid, internalDate }) => [uid, internalDate]));
  const there = (await headersOf(await connections.destination(), path, near)).map(({ uid, fields }) => ({
    uid,
    internalDate: dateOf.get(uid) ?? null,
    fields,
  }));
  return pairKeyless(there, rows, { dates }).map((pair) => ({ wanted: pair.present, present: pair.wanted }));
}

/** What a folder holds of messages that were sent into it: by the size and the header they had then. */
export async function pairAsSent(
  session: MailSession,
  path: string,
  { sent, present }: { sent: readonly LedgerMessage[]; present: readonly { uid: number; bytes: number }[] },
): Promise<Pair[]> {
  const sizes = new Set(sent.map(({ bytes }) => bytes));
  const near = present.filter(({ bytes }) => sizes.has(bytes));
  if (near.length === 0) return [];
  const digests = await headerDigests(
    session,
    path,
    near.map(({ uid }) => uid),
  );
  const look = (bytes: number, digest: string | null | undefined): string[] =>
    typeof digest === 'string' ? [`${bytes} ${digest}`] : [];
  return pairByContent(
    new Map(sent.flatMap(({ uid, bytes, digest }) => look(bytes, digest).map((one) => [uid, one] as const))),
    new Map(near.flatMap(({ uid, bytes }) => look(bytes, digests.get(uid)).map((one) => [uid, one] as const))),
  );
}

const second = (date: number | null): number | null => (date === null ? null : Math.floor(date / 1000));
