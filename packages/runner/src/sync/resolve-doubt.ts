import { type Pair, pairByContent, pairByFingerprint, repairVariants } from '@mxodus/engine';
import type { KeyedMail, LedgerMessage, MailSession, MessageMeta, Settlement } from '@mxodus/model';
import { digests, looseDigest, sha256 } from './content-digest.ts';
import { lookAtKeyed, pairAsSent, pairWithKeyed } from './keyed-source.ts';
import { resolveKeyedDoubt } from './resolve-keyed-doubt.ts';
import { BATCH_LIMITS, type OpenFolder, type SyncContext } from './sync-context.ts';
import { uidValidityChanged } from './uid-validity.ts';
import { waiting } from './waiting.ts';

/**
 * Finds out what became of messages whose answer never came, by looking at the destination, never by sending again.
 * A hit is believed at once. "Not there" is believed only when two looks, `settleMs` apart, between which nothing arrived, both say
 * so, the second without trusting dates: the server may still be storing what the lost connection delivered, and INTERNALDATE is a
 * SHOULD (RFC 9051 6.3.12). A message the source does not give, and still lists, stays in doubt. Returns what was found.
 */
export async function resolveDoubt(context: SyncContext, folder: OpenFolder): Promise<LedgerMessage[]> {
  const rows = await context.ledger.unsettled(folder.ledgerId);
  let open = rows.filter((row) => row.state === 'intent');
  const { keyed } = await context.connections.destination();
  if (keyed !== null) return resolveKeyedDoubt(context, folder, { keyed, intents: open });
  const hits: LedgerMessage[] = [];
  let uidNextBefore = -1;
  for (let quiet = false; open.length > 0; ) {
    const { uidNext, found, unknowable } = await look(context, folder, { open, anyDate: quiet });
    await context.ledger.settle(folder.ledgerId, context.passId, found);
    const there = new Set(found.map(({ uid }) => uid));
    hits.push(...open.filter((row) => there.has(row.uid)));
    const done = new Set([...found.map((settlement) => settlement.uid), ...unknowable]);
    open = open.filter((row) => !done.has(row.uid));
    if (open.length === 0) return hits;
    if (quiet && uidNext === uidNextBefore) break;
    quiet = true;
    uidNextBefore = uidNext;
    const counted = open.length === 1 ? 'a message' : `${open.length} messages`;
    await waiting(context, {
      why: `${counted} of ${folder.source} got no answer and may still turn up at the destination`,
      ms: context.settleMs,
    });
  }
  await context.ledger.settle(
    folder.ledgerId,
    context.passId,
    open.map((row): Settlement => ({ uid: row.uid, kind: 'unsent' })),
  );
  return hits;
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
  const { ledger } = context;
  const claimed = new Set(await ledger.destinationUids(folder.ledgerId));
  const fromUid = Math.max(1, Math.min(...open.map((row) => row.floor ?? 1)));
  const { uidNext, uidValidity, messages } = await session.scan(folder.destination, { range: { from: fromUid } });
  if (uidValidity !== folder.destinationUidValidity) throw uidValidityChanged('destination', folder.destination);
  const near = anyDate ? () => true : dateFilter(open);
  const unclaimed = messages.filter((message) => !claimed.has(message.uid) && near(message));
  if (unclaimed.length === 0) return { uidNext, found: [], unknowable: [] };
  const { keyed } = await context.connections.source();
  if (keyed !== null) return { uidNext, ...(await asSent(context, folder, { open, unclaimed, keyed })) };
  const bodies = await digests(session, { path: folder.destination, messages: unclaimed, tempDir: context.tempDir });
  const exact = exactDigests(context, folder);
  // Messages stored without APPENDUID are in the same window; they take their own copies first.
  const unlocated = (await ledger.unlocated(folder.ledgerId)).filter(near);
  const taken = new Set(pairByContent(await exact(unlocated), bodies).map((pair) => pair.present));
  const free = new Map([...bodies].filter(([uid]) => !taken.has(uid)));
  const sent = await exact(open);
  const pairs = pairByContent(sent, free);
  const left = { pairs, unclaimed: unclaimed.filter((message) => free.has(message.uid)) };
  pairs.push(...(await pairRewritten(context, folder, { ...left, open: open.filter((row) => sent.has(row.uid)) })));
  pairs.push(...(await pairRepaired(context, folder, { open: unpaired(open, pairs), bodies: free, pairs })));
  const notGiven = open.filter((row) => !sent.has(row.uid));
  const listed = notGiven.length === 0 ? new Set<number>() : await listedAtSource(context, folder);
  pairs.push(...pairGone({ ...left, open: notGiven.filter((row) => !listed.has(row.uid)) }));
  return {
    uidNext,
    found: pairs.map((pair): Settlement => ({ uid: pair.wanted, kind: 'stored', destinationUid: pair.present })),
    unknowable: notGiven.filter((row) => listed.has(row.uid)).map((row) => row.uid),
  };
}

/** What was sent cannot be read again: it is known by its size and header, else by its Message-ID and date. */
async function asSent(
  context: SyncContext,
  folder: OpenFolder,
  of: { open: readonly LedgerMessage[]; unclaimed: readonly MessageMeta[]; keyed: KeyedMail },
): Promise<Omit<Look, 'uidNext'>> {
  const session = await context.connections.destination();
  const { destination: path, source } = folder;
  const stored = await context.ledger.unlocated(folder.ledgerId);
  const taken = await pairAsSent(session, path, { sent: stored, present: of.unclaimed });
  const without = (pairs: readonly Pair[]): MessageMeta[] =>
    of.unclaimed.filter(({ uid }) => !pairs.some((pair) => pair.present === uid));
  const pairs = await pairAsSent(session, path, { sent: of.open, present: without(taken) });
  const open = unpaired(of.open, pairs);
  const rows = await lookAtKeyed(of.keyed, source, open);
  const present = without([...taken, ...pairs]);
  pairs.push(...(await pairWithKeyed(context, { path, present, rows, dates: true })));
  const found = pairs.map((pair): Settlement => ({ uid: pair.wanted, kind: 'stored', destinationUid: pair.present }));
  return { found, unknowable: [] };
}

async function listedAtSource(context: SyncContext, folder: OpenFolder): Promise<Set<number>> {
  return new Set(await (await context.connections.source()).uids(folder.source));
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

const unpaired = (open: readonly LedgerMessage[], pairs: readonly { wanted: number }[]): LedgerMessage[] => {
  const paired = new Set(pairs.map((pair) => pair.wanted));
  return open.filter((row) => !paired.has(row.uid));
};

/** It may have been refused first, and sent with a repair that nobody remembers. */
async function pairRepaired(
  context: SyncContext,
  folder: OpenFolder,
  { open, bodies, pairs }: { open: readonly LedgerMessage[]; bodies: ReadonlyMap<number, string>; pairs: Pair[] },
): Promise<Pair[]> {
  const taken = new Set(pairs.map((pair) => pair.present));
  const free = Map.groupBy(
    [...bodies.keys()].filter((uid) => !taken.has(uid)),
    (uid) => bodies.get(uid) ?? '',
  );
  const small = open.filter(({ bytes }) => bytes < BATCH_LIMITS.aloneFromBytes).map(({ uid }) => uid);
  if (free.size === 0 || small.length === 0) return [];
  const found: Pair[] = [];
  const session = await context.connections.source();
  for await (const { uid, body } of session.fetch(folder.source, small)) {
    for (const variant of repairVariants({ body })) {
      const present = free.get(sha256(variant.body).toString('hex'))?.shift();
      if (present === undefined) continue;
      found.push({ wanted: uid, present });
      if (variant.what !== null) await noteRepaired(context, folder, { uid, what: variant.what });
      break;
    }
  }
  return found;
}

async function noteRepaired(
  { ledger, passId, emit, mailbox }: SyncContext,
  folder: OpenFolder,
  { uid, what }: { uid: number; what: string },
): Promise<void> {
  const alteration = { uid, what, why: 'the destination refused it as it was, before the connection was lost' };
  await ledger.addAlterations(passId, folder.ledgerId, [alteration]);
  emit({ type: 'alteration', mailbox: mailbox.address, folder: folder.source, ...alteration });
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
