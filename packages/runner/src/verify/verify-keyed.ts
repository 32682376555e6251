import { headerFields } from '@mxodus/engine';
import type { KeyedMail, MailSession, MessageMeta } from '@mxodus/model';
import { messageKey } from '../sync/message-key.ts';
import type { Pair, VerifyFolder } from './verify-folder.ts';

/** Verifying at a mail system that keeps our keys and stores messages in a form of its own (see KeyedMail). */

/** The ledger knows no copy: look for one by its key. */
export async function pairByKey(
  { at, folder, uidValidity, destinationFolder }: VerifyFolder,
  keyed: KeyedMail,
  { mine, theirs }: { mine: readonly MessageMeta[]; theirs: readonly MessageMeta[] },
): Promise<Pair[]> {
  if (mine.length === 0 || theirs.length === 0) return [];
  const byKey = new Map(mine.map((message) => [messageKey({ ...at, folder, uidValidity, uid: message.uid }), message]));
  const there = new Map(theirs.map((message) => [message.uid, message]));
  const pairs: Pair[] = [];
  for (const [key, copy] of await keyed.find(destinationFolder, [...byKey.keys()])) {
    const [original, found] = [byKey.get(key), copy === 'elsewhere' ? undefined : there.get(copy)];
    if (original !== undefined && found !== undefined) pairs.push({ mine: original, theirs: found });
  }
  return pairs;
}

/** A Message-ID as RFC 5322 has it (3.6.4), more or less, in ASCII: another one cannot be kept everywhere, and the report says so. */
const PROPER = /^<[!-;=?-~]+>$/;

/** Pairs whose Message-IDs differ; one without a proper Message-ID at the source may have been given any. */
export async function otherMessageIds(
  { source, folder, destination, destinationFolder }: VerifyFolder,
  pairs: readonly Pair[],
): Promise<Pair[]> {
  const [mine, theirs] = await Promise.all([
    messageIds(
      source,
      folder,
      pairs.map((pair) => pair.mine.uid),
    ),
    messageIds(
      destination,
      destinationFolder,
      pairs.map((pair) => pair.theirs.uid),
    ),
  ]);
  return pairs.filter((pair) => {
    const id = mine.get(pair.mine.uid) ?? null;
    return id !== null && PROPER.test(id) && id !== theirs.get(pair.theirs.uid);
  });
}

async function messageIds(
  session: MailSession,
  path: string,
  uids: readonly number[],
): Promise<Map<number, string | null>> {
  const found = new Map<number, string | null>();
  for await (const { uid, body } of session.fetchHeaders(path, uids)) found.set(uid, headerFields(body).messageId);
  return found;
}
