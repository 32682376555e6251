import { pairKeyless } from '@mxodus/engine';
import type { KeyedMail, KeyedMessage, MessageMeta } from '@mxodus/model';
import { isKnown, writtenDate } from './arrival-date.ts';
import { claimsOn } from './destination-claims.ts';
import { headersOf } from './headers-of.ts';
import { messageKey } from './message-key.ts';
import type { OpenFolder, SyncContext } from './sync-context.ts';

/** The key of a message of this source folder, see messageKey. */
export const keyOf = (
  { mailbox }: SyncContext,
  { source, sourceUidValidity }: Pick<OpenFolder, 'source' | 'sourceUidValidity'>,
  uid: number,
): string => messageKey({ ...mailbox.source, folder: source, uidValidity: sourceUidValidity, uid });

type Sought = Pick<MessageMeta, 'uid' | 'internalDate' | 'bytes'>;

/** Where copies are, by source UID. null: its user moved it to another folder, or deleted it. */
export type FoundCopies = Map<number, number | null>;

/** Copies of these messages at a destination that keeps keys: by their key; those that carry none by date and Message-ID. */
export async function findCopies(
  context: SyncContext,
  folder: OpenFolder,
  { keyed, messages }: { keyed: KeyedMail; messages: readonly Sought[] },
): Promise<FoundCopies> {
  const found = await findKeyed(context, folder, { keyed, messages });
  const rest = messages.filter(({ uid }) => !found.has(uid));
  for (const [uid, copy] of await findKeyless(context, folder, { keyed, messages: rest })) found.set(uid, copy);
  return found;
}

/** By their key alone. */
export async function findKeyed(
  context: SyncContext,
  folder: OpenFolder,
  { keyed, messages }: { keyed: KeyedMail; messages: readonly Sought[] },
): Promise<FoundCopies> {
  const byKey = new Map(messages.map((message) => [keyOf(context, folder, message.uid), message.uid]));
  const found: FoundCopies = new Map();
  for (const [key, place] of await keyed.find(folder.destination, [...byKey.keys()])) {
    const uid = byKey.get(key);
    if (uid !== undefined) found.set(uid, place === 'elsewhere' ? null : place);
  }
  return found;
}

/** What carries no key of ours: another tool brought it, or it was written in a way that cannot keep a key. */
export async function findKeyless(
  context: SyncContext,
  folder: OpenFolder,
  { keyed, messages }: { keyed: KeyedMail; messages: readonly Sought[] },
): Promise<Map<number, number>> {
  if (messages.length === 0) return new Map();
  const dates = messages.flatMap(({ internalDate }) => (isKnown(internalDate) ? [internalDate] : []));
  const within = keyed.keepsDates && dates.length === messages.length ? span(dates) : EVER;
  const copies = await unclaimed(context, folder, await keyed.look(folder.destination, within));
  const keyless = copies.filter(({ key }) => key === null);
  if (keyless.length === 0) return new Map();
  const seconds = new Set(keyless.map(({ internalDate }) => Math.floor(internalDate / 1000)));
  const candidates = messages.filter(
    ({ internalDate }) => !keyed.keepsDates || !isKnown(internalDate) || seconds.has(Math.floor(internalDate / 1000)),
  );
  const source = await context.connections.source();
  const metas = candidates.map((message): MessageMeta => ({ ...message, flags: [] }));
  const dateOf = new Map(candidates.map(({ uid, internalDate }) => [uid, internalDate]));
  const wanted = (await headersOf(source, folder.source, metas)).map(({ uid, fields }) => {
    const date = dateOf.get(uid) ?? null;
    // As it was sent, see arrivalDate.
    return { uid, internalDate: isKnown(date) ? date : writtenDate(fields.date), fields };
  });
  return new Map(pairKeyless(wanted, keyless, { dates: keyed.keepsDates }).map((pair) => [pair.wanted, pair.present]));
}

/** What dates Exchange can have. */
export const EVER = { from: Date.UTC(1601, 0, 1), to: Date.UTC(4500, 0, 1) };

/** From the first to the last, to the second. */
export function span(dates: readonly number[]): { from: number; to: number } {
  let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const date of dates) [from, to] = [Math.min(from, date), Math.max(to, date)];
  return { from: Math.floor(from / 1000) * 1000, to: Math.ceil(to / 1000) * 1000 };
}

async function unclaimed(
  context: SyncContext,
  { ledgerId, destination }: OpenFolder,
  copies: readonly KeyedMessage[],
): Promise<KeyedMessage[]> {
  if (copies.length === 0) return [];
  const { ours } = await claimsOn(context, { ledgerId, path: destination });
  return copies.filter(({ uid }) => !ours.has(uid));
}

/**
 * The same for all messages of a folder at once, at the price of a listing of these dates. `anew`: no pass has finished this folder, so that
 * all of it is listed; where keys show that the ledger forgot what it knew, those that are not there are sought in the whole mailbox.
 */
export async function listCopies(
  context: SyncContext,
  folder: OpenFolder,
  { keyed, messages, anew }: { keyed: KeyedMail; messages: readonly Sought[]; anew: boolean },
): Promise<FoundCopies> {
  const dates = messages.flatMap(({ internalDate }) => (internalDate === null ? [] : [internalDate]));
  const within = anew || dates.length === 0 ? EVER : span(dates);
  const copies = await unclaimed(context, folder, await keyed.look(folder.destination, within));
  const byKey = new Map(copies.flatMap(({ key, uid }) => (key === null ? [] : [[key, uid] as const])));
  const found: FoundCopies = new Map();
  if (byKey.size > 0) {
    for (const { uid } of messages) {
      const copy = byKey.get(keyOf(context, folder, uid));
      if (copy !== undefined) found.set(uid, copy);
    }
    const missing = anew ? messages.filter(({ uid }) => !found.has(uid)) : [];
    for (const [uid, copy] of await findKeyed(context, folder, { keyed, messages: missing })) found.set(uid, copy);
  }
  if (copies.length === byKey.size) return found;
  const rest = messages.filter(({ uid }) => !found.has(uid));
  for (const [uid, copy] of await findKeyless(context, folder, { keyed, messages: rest })) found.set(uid, copy);
  return found;
}
