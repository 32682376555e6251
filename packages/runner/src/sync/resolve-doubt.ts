import { setTimeout as sleep } from 'node:timers/promises';
import { pairByContent, pairByFingerprint } from '@mxodus/engine';
import type { LedgerMessage, MailSession, MessageMeta, Settlement } from '@mxodus/model';
import { digests, looseDigest } from './content-digest.ts';
import type { OpenFolder, SyncContext } from './sync-context.ts';
import { uidValidityChanged } from './uid-validity.ts';

/**
 * Finds out what became of messages whose answer never came, by looking at the destination, never by sending again.
 * A hit is believed at once. "Not there" is believed only when two looks, `settleMs` apart, between which nothing arrived, both say
 * so, the second without trusting dates: the server may still be storing what the lost connection delivered, and INTERNALDATE is a
 * SHOULD (RFC 9051 6.3.12). A message the source does not give, and still lists, stays in doubt.
 */
export async function resolveDoubt(context: SyncContext, folder: OpenFolder): Promise<void> {
  const rows = await context.ledger.messages(folder.ledgerId);
  let open = rows.filter((row) => row.state === 'intent');
  if (open.length === 0) return;
  context.emit({
    type: 'waiting',
    mailbox: context.mailbox.address,
    why: `${open.length} messages in doubt in ${folder.source}: looking for them at the destination`,
    until: null,
  });
  let uidNextBefore = -1;
  for (let quiet = false; open.length > 0; ) {
    const { uidNext, found, unknowable } = await look(context, folder, { open, anyDate: quiet });
    await context.ledger.settle(folder.ledgerId, context.passId, found);
    const done = new Set([...found.map((settlement) => settlement.uid), ...unknowable]);
    open = open.filter((row) => !done.has(row.uid));
    if (open.length === 0) return;
    if (quiet && uidNext === uidNextBefore) break;
    quiet = true;
    uidNextBefore = uidNext;
    await sleep(context.settleMs, undefined, { signal: context.signal });
  }
  await context.ledger.settle(
    folder.ledgerId,
    context.passId,
    open.map((row): Settlement => ({ uid: row.uid, kind: 'unsent' })),
  );
}

interface Look {
  uidNext: number;
  found: Settlement[];
  /** Neither end says enough: listed at the source, and not given. */
  unknowable: number[];
}

async function look(
  context: SyncContext,
  folder: OpenFolder,
  { open, anyDate }: { open: readonly LedgerMessage[]; anyDate: boolean },
): Promise<Look> {
  const session = await context.connections.destination();
  const rows = await context.ledger.messages(folder.ledgerId);
  const claimed = new Set(rows.map((row) => row.destinationUid));
  const fromUid = Math.max(1, Math.min(...open.map((row) => row.floor ?? 1)));
  const { uidNext, uidValidity, messages } = await session.scan(folder.destination, { fromUid });
  if (uidValidity !== folder.destinationUidValidity) throw uidValidityChanged('destination', folder.destination);
  const near = anyDate ? () => true : dateFilter(open);
  const unclaimed = messages.filter((message) => !claimed.has(message.uid) && near(message));
  if (unclaimed.length === 0) return { uidNext, found: [], unknowable: [] };
  const bodies = await digests(session, { path: folder.destination, messages: unclaimed, tempDir: context.tempDir });
  const exact = exactDigests(context, folder);
  // Messages stored without APPENDUID are in the same window; they take their own copies first.
  const unlocated = rows.filter(
    (row) => row.state === 'stored' && row.destinationUid === null && !row.adopted && near(row),
  );
  const taken = new Set(pairByContent(await exact(unlocated), bodies).map((pair) => pair.present));
  const free = new Map([...bodies].filter(([uid]) => !taken.has(uid)));
  const sent = await exact(open);
  const pairs = pairByContent(sent, free);
  const left = { pairs, unclaimed: unclaimed.filter((message) => free.has(message.uid)) };
  pairs.push(...(await pairRewritten(context, folder, { ...left, open: open.filter((row) => sent.has(row.uid)) })));
  const notGiven = open.filter((row) => !sent.has(row.uid));
  const listed = notGiven.length === 0 ? new Set<number>() : await listedAtSource(context, folder);
  pairs.push(...pairGone({ ...left, open: notGiven.filter((row) => !listed.has(row.uid)) }));
  return {
    uidNext,
    found: pairs.map((pair): Settlement => ({ uid: pair.wanted, kind: 'stored', destinationUid: pair.present })),
    unknowable: notGiven.filter((row) => listed.has(row.uid)).map((row) => row.uid),
  };
}

async function listedAtSource(context: SyncContext, folder: OpenFolder): Promise<Set<number>> {
  const { messages } = await (await context.connections.source()).scan(folder.source);
  return new Set(messages.map((message) => message.uid));
}

/** INTERNALDATE survives APPEND to the second, so only messages of those seconds need to be read. */
function dateFilter(open: readonly LedgerMessage[]): (message: { internalDate: number | null }) => boolean {
  const seconds = new Set(open.map((row) => (row.internalDate === null ? null : Math.floor(row.internalDate / 1000))));
  if (seconds.has(null)) return () => true;
  return ({ internalDate }) => internalDate === null || seconds.has(Math.floor(internalDate / 1000));
}

/** Hex digests of what was sent, read anew from the source; a message that is gone there has none. */
function exactDigests(context: SyncContext, folder: OpenFolder) {
  return async (rows: readonly LedgerMessage[]): Promise<Map<number, string>> => {
    if (rows.length === 0) return new Map();
    const session = await context.connections.source();
    return digests(session, { path: folder.source, messages: rows, tempDir: context.tempDir });
  };
}

interface Leftovers {
  open: readonly LedgerMessage[];
  pairs: readonly { wanted: number; present: number }[];
  unclaimed: readonly MessageMeta[];
}

/** A server that rewrites line ends or NUL stores other bytes than were sent: compare what is left without those. */
async function pairRewritten(context: SyncContext, folder: OpenFolder, { open, pairs, unclaimed }: Leftovers) {
  const paired = new Set(pairs.map((pair) => pair.wanted));
  const taken = new Set(pairs.map((pair) => pair.present));
  const wanted = open.filter((row) => !paired.has(row.uid));
  const present = unclaimed.filter((message) => !taken.has(message.uid));
  if (wanted.length === 0 || present.length === 0) return [];
  const [source, destination] = await Promise.all([context.connections.source(), context.connections.destination()]);
  const mine = await looseDigests(
    source,
    folder.source,
    wanted.map((row) => row.uid),
  );
  const theirs = await looseDigests(
    destination,
    folder.destination,
    present.map((message) => message.uid),
  );
  return pairByContent(mine, theirs);
}

/** The source has expunged it since: date and size have to do. Not found, it is nobody's loss any more. */
function pairGone({ open, pairs, unclaimed }: Leftovers): { wanted: number; present: number }[] {
  const taken = new Set(pairs.map((pair) => pair.present));
  const { unclear } = pairByFingerprint(
    open,
    unclaimed.filter((message) => !taken.has(message.uid)),
  );
  return unclear.flatMap(({ wanted, present }) =>
    wanted.flatMap((uid, index) => (present[index] === undefined ? [] : [{ wanted: uid, present: present[index] }])),
  );
}

async function looseDigests(session: MailSession, path: string, uids: readonly number[]): Promise<Map<number, string>> {
  const found = new Map<number, string>();
  for await (const { uid, body } of session.fetch(path, uids)) found.set(uid, looseDigest(body));
  return found;
}

/** Learns the destination UIDs of messages that were stored without APPENDUID (RFC 4315), so that their flags can follow. */
export async function locateStored(context: SyncContext, folder: OpenFolder): Promise<void> {
  const rows = await context.ledger.messages(folder.ledgerId);
  const wanted = rows.filter((row) => row.state === 'stored' && row.destinationUid === null);
  if (wanted.length === 0) return;
  const session = await context.connections.destination();
  const fromUid = Math.max(1, Math.min(...wanted.map((row) => row.floor ?? 1)));
  const claimed = new Set(rows.map((row) => row.destinationUid));
  const { messages } = await session.scan(folder.destination, { fromUid });
  const present = messages.filter((message) => !claimed.has(message.uid));
  const bytesByUid = new Map(present.map((message) => [message.uid, message.bytes]));
  const { unclear } = pairByFingerprint(wanted, present);
  const exact = exactDigests(context, folder);
  const pairs: { wanted: number; present: number }[] = [];
  for (const group of unclear) {
    const [mine, theirs] = [group.wanted[0], group.present[0]];
    // Both sides are known to be there: one of each needs no reading.
    if (group.wanted.length === 1 && group.present.length === 1 && mine !== undefined && theirs !== undefined) {
      pairs.push({ wanted: mine, present: theirs });
      continue;
    }
    const bodies = group.present.map((uid) => ({ uid, bytes: bytesByUid.get(uid) ?? 0 }));
    const found = await digests(session, { path: folder.destination, messages: bodies, tempDir: context.tempDir });
    const sent = new Set(group.wanted);
    pairs.push(...pairByContent(await exact(wanted.filter((row) => sent.has(row.uid))), found));
  }
  await context.ledger.setDestinationUids(
    folder.ledgerId,
    pairs.map((pair) => ({ uid: pair.wanted, destinationUid: pair.present })),
  );
}
