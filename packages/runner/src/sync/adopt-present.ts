import { flagText, pairByContent, pairByFingerprint } from '@mxodus/engine';
import type { FolderScan, MessageMeta } from '@mxodus/model';
import { digests } from './content-digest.ts';
import type { OpenFolder, SyncContext } from './sync-context.ts';

/**
 * The ledger knows nothing of this folder and the destination's is not empty: another tool filled it, the ledger was lost, or
 * UIDVALIDITY changed. What is there already is taken over instead of sent a second time.
 */
export async function adoptPresent(context: SyncContext, folder: OpenFolder, source: FolderScan): Promise<void> {
  const destination = await context.connections.destination();
  const { messages: present } = await destination.scan(folder.destination, { messageIds: true });
  if (present.length === 0) return;
  const reader = await context.connections.source();
  const { messages: wantedMessages } = await reader.scan(folder.source, { messageIds: true });
  const { sure, unclear } = pairByFingerprint(wantedMessages, present);
  const pairs = [...sure];
  if (unclear.length > 0) {
    const mine = pick(
      source.messages,
      unclear.flatMap((group) => group.wanted),
    );
    const theirs = pick(
      present,
      unclear.flatMap((group) => group.present),
    );
    const wanted = await digests(reader, { path: folder.source, messages: mine, tempDir: context.tempDir });
    const found = await digests(destination, { path: folder.destination, messages: theirs, tempDir: context.tempDir });
    for (const group of unclear) {
      pairs.push(...pairByContent(only(wanted, group.wanted), only(found, group.present)));
    }
  }
  const byUid = new Map(source.messages.map((message) => [message.uid, message]));
  const adoptions = pairs.flatMap((pair) => {
    const message = byUid.get(pair.wanted);
    if (message === undefined) return [];
    const { uid, bytes, internalDate, flags } = message;
    return [{ uid, bytes, internalDate, flags: flagText(flags), destinationUid: pair.present }];
  });
  await context.ledger.adopt(folder.ledgerId, context.passId, adoptions);
}

function pick(messages: readonly MessageMeta[], uids: readonly number[]): MessageMeta[] {
  const wanted = new Set(uids);
  return messages.filter((message) => wanted.has(message.uid));
}

const only = (digestsByUid: ReadonlyMap<number, string>, uids: readonly number[]): Map<number, string> =>
  new Map(
    uids
      .flatMap((uid) => [[uid, digestsByUid.get(uid)] as const])
      .filter((entry): entry is [number, string] => entry[1] !== undefined),
  );
