import { type Pair, pairByContent, pairByFingerprint } from '@mxodus/engine';
import type { KeyedMail, LedgerMessage } from '@mxodus/model';
import { digests } from './content-digest.ts';
import { findCopies } from './keyed-copies.ts';
import { pairAsSent } from './keyed-source.ts';
import type { OpenFolder, SyncContext } from './sync-context.ts';

/** Learns the destination UIDs of messages that were stored without APPENDUID (RFC 4315), so that flags and moves can follow. */
export async function locateStored(context: SyncContext, folder: OpenFolder): Promise<void> {
  const { ledger } = context;
  const wanted = await ledger.unlocated(folder.ledgerId);
  if (wanted.length === 0) return;
  const session = await context.connections.destination();
  if (session.keyed !== null) return locateKeyed(context, folder, { keyed: session.keyed, wanted });
  const from = Math.max(1, Math.min(...wanted.map((row) => row.floor ?? 1)));
  const claimed = new Set(await ledger.destinationUids(folder.ledgerId));
  const { messages } = await session.scan(folder.destination, { range: { from } });
  const present = messages.filter((message) => !claimed.has(message.uid));
  const { unclear } = pairByFingerprint(wanted, present);
  const pairs: Pair[] = [];
  for (const group of unclear) {
    const [mine, theirs] = [group.wanted[0], group.present[0]];
    // Both sides are known to be there: one of each needs no reading.
    const single = group.wanted.length === 1 && group.present.length === 1;
    if (single && mine !== undefined && theirs !== undefined) pairs.push({ wanted: mine, present: theirs });
    else pairs.push(...(await pairGroup(context, folder, { group, wanted, present })));
  }
  await ledger.setDestinationUids(
    folder.ledgerId,
    pairs.map((pair) => ({ uid: pair.wanted, destinationUid: pair.present })),
  );
}

/** Those that are elsewhere stay without a UID: wherever their user put them, they stay. */
async function locateKeyed(
  context: SyncContext,
  folder: OpenFolder,
  { keyed, wanted }: { keyed: KeyedMail; wanted: readonly LedgerMessage[] },
): Promise<void> {
  const copies = await findCopies(context, folder, { keyed, messages: wanted });
  const located = [...copies].flatMap(([uid, destinationUid]) =>
    destinationUid === null ? [] : [{ uid, destinationUid }],
  );
  await context.ledger.setDestinationUids(folder.ledgerId, located);
}

async function pairGroup(
  context: SyncContext,
  folder: OpenFolder,
  among: {
    group: { wanted: number[]; present: number[] };
    wanted: readonly LedgerMessage[];
    present: readonly { uid: number; bytes: number }[];
  },
): Promise<Pair[]> {
  const { tempDir, connections } = context;
  const [mine, theirs] = [new Set(among.group.wanted), new Set(among.group.present)];
  const [source, destination] = await Promise.all([connections.source(), connections.destination()]);
  if (source.keyed !== null) {
    const sent = among.wanted.filter(({ uid }) => mine.has(uid));
    const present = among.present.filter(({ uid }) => theirs.has(uid));
    return pairAsSent(destination, folder.destination, { sent, present });
  }
  const [sent, found] = await Promise.all([
    digests(source, { path: folder.source, messages: among.wanted.filter(({ uid }) => mine.has(uid)), tempDir }),
    digests(destination, {
      path: folder.destination,
      messages: among.present.filter(({ uid }) => theirs.has(uid)),
      tempDir,
    }),
  ]);
  return pairByContent(sent, found);
}
