import { flagText, type Pair, pairByContent, pairByFingerprint, pairByHeader } from '@mxodus/engine';
import type { LedgerFolder, MailSession, MessageMeta } from '@mxodus/model';
import { bodyDigest, digests } from './content-digest.ts';
import { type Claims, claimsOn } from './destination-claims.ts';
import { headerDigests, headersOf, messageIdsOf, tellsSizes } from './headers-of.ts';
import { listCopies } from './keyed-copies.ts';
import { MessageTable } from './message-table.ts';
import type { OpenFolder, SyncContext } from './sync-context.ts';
import { windows } from './windows.ts';

interface Ends {
  source: MailSession;
  destination: MailSession;
}

/**
 * Takes over what the destination has already, instead of sending it a second time: another tool filled it, the ledger was lost or
 * restored from a backup, or another source brought the message. Nothing is looked at that was there when the last pass ended.
 *
 *   1. equal date, size and Message-ID, one of each                          the same message
 *   2. the same, but several, or no Message-ID                               the contents decide
 *   3. equal Message-ID, Date, From, Subject, nearly equal size              the contents below the header decide
 *
 * A destination that keeps keys and rewrites messages (see KeyedMail): equal key, else see pairKeyless.
 *
 * Always as multisets. Returns the source UIDs that were adopted.
 */
export async function adoptPresent(
  context: SyncContext,
  folder: OpenFolder,
  { row, added }: { row: LedgerFolder; added: MessageTable },
): Promise<ReadonlySet<number>> {
  const destination = await context.connections.destination();
  if (destination.keyed !== null) {
    if (folder.atDestination.messages === 0) return new Set();
    const copies = await listCopies(context, folder, {
      keyed: destination.keyed,
      messages: [...added],
      anew: row.finished === null,
    });
    return adopt(context, folder, { added, copies });
  }
  const present = await unexplained(context, folder, { row, destination });
  const pairs = await pairMessages(context, folder, { added, present });
  return adopt(context, folder, { added, copies: new Map(pairs.map((pair) => [pair.wanted, pair.present])) });
}

/** Which messages of a source folder are in a destination folder already; see the table of adoptPresent. */
export async function pairMessages(
  context: SyncContext,
  folder: Paths,
  { added, present }: { added: MessageTable; present: MessageTable },
): Promise<Pair[]> {
  if (added.length === 0 || present.length === 0) return [];
  const [source, destination] = await Promise.all([context.connections.source(), context.connections.destination()]);
  const ends = { source, destination };
  const pairs = await pairExact(context, folder, { ...ends, added, present });
  const left = present.without(new Set(pairs.map((pair) => pair.present)));
  const rest = added.without(new Set(pairs.map((pair) => pair.wanted)));
  if (left.length > 0) pairs.push(...(await pairRewritten(folder, { ...ends, added: rest, present: left })));
  return pairs;
}

type Paths = Pick<OpenFolder, 'source' | 'destination'>;

/** @param of.copies the destination UID, null where it is not in the folder's own place, by source UID; returns the source UIDs */
export async function adopt(
  context: SyncContext,
  folder: Pick<OpenFolder, 'ledgerId' | 'source'>,
  { added, copies }: { added: MessageTable; copies: ReadonlyMap<number, number | null> },
): Promise<ReadonlySet<number>> {
  if (copies.size === 0) return new Set();
  const source = await context.connections.source();
  // A move is recognised by it later, also when the user has removed the copy by then.
  const digest = await headerDigests(source, folder.source, [...copies.keys()]);
  const adoptions = [...added].flatMap(({ uid, bytes, internalDate, flags, emailId = null }) => {
    const destinationUid = copies.get(uid);
    if (destinationUid === undefined) return [];
    return [
      {
        uid,
        bytes,
        internalDate,
        flags: flagText(flags),
        destinationUid,
        digest: digest.get(uid) ?? null,
        emailId,
        found: true,
      },
    ];
  });
  await context.ledger.adopt(folder.ledgerId, context.passId, adoptions);
  context.counters.settled += adoptions.length;
  return new Set(copies.keys());
}

/** What is at the destination, came since the last pass ended, and is not ours. */
async function unexplained(
  context: SyncContext,
  { ledgerId, destination: path, atDestination }: OpenFolder,
  { row, destination }: { row: LedgerFolder; destination: MailSession },
): Promise<MessageTable> {
  const present = new MessageTable();
  const sameFolder = row.destinationUidValidity === atDestination.uidValidity;
  const known = sameFolder && !context.rules.sharedDestination ? (row.destinationFinished?.uidNext ?? 1) : 1;
  if (atDestination.messages === 0 || known >= atDestination.uidNext) return present;
  const claims: Claims = await claimsOn(context, { ledgerId, path });
  for (const range of windows(atDestination, 'to the end')) {
    if (range.to !== undefined && range.to < known) break;
    const { messages } = await destination.scan(path, { range: { ...range, from: Math.max(known, range.from) } });
    for (const message of messages) if (!claims.ours.has(message.uid)) present.add(message);
  }
  return present;
}

interface Candidates extends Ends {
  added: MessageTable;
  present: MessageTable;
}

const keyOf = ({ internalDate, bytes }: MessageMeta): string =>
  `${internalDate === null ? '-' : Math.floor(internalDate / 1000)} ${bytes}`;

async function pairExact(
  { tempDir }: SyncContext,
  folder: Paths,
  { source, destination, added, present }: Candidates,
): Promise<Pair[]> {
  const keys = new Set([...present].map(keyOf));
  const mine = [...added].filter((message) => keys.has(keyOf(message)));
  if (mine.length === 0) return [];
  const mineKeys = new Set(mine.map(keyOf));
  const theirs = [...present].filter((message) => mineKeys.has(keyOf(message)));
  const [myIds, theirIds] = await Promise.all([
    messageIdsOf(source, folder.source, mine),
    messageIdsOf(destination, folder.destination, theirs),
  ]);
  const { sure, unclear } = pairByFingerprint(
    mine.map((message) => ({ ...message, messageId: myIds.get(message.uid) ?? null })),
    theirs.map((message) => ({ ...message, messageId: theirIds.get(message.uid) ?? null })),
  );
  if (unclear.length === 0) return sure;
  const among = (messages: readonly MessageMeta[], uids: readonly number[]): MessageMeta[] => {
    const wanted = new Set(uids);
    return messages.filter(({ uid }) => wanted.has(uid));
  };
  const [wanted, found] = await Promise.all([
    digests(source, {
      path: folder.source,
      messages: among(
        mine,
        unclear.flatMap((group) => group.wanted),
      ),
      tempDir,
    }),
    digests(destination, {
      path: folder.destination,
      messages: among(
        theirs,
        unclear.flatMap((group) => group.present),
      ),
      tempDir,
    }),
  ]);
  return [...sure, ...unclear.flatMap((group) => pairGroup(group, { wanted, found }))];
}

/** A server that rewrites what it stores, or another delivery of the same message. */
async function pairRewritten(folder: Paths, { source, destination, added, present }: Candidates): Promise<Pair[]> {
  const sizes = [...present].map(({ bytes }) => bytes).sort((a, b) => a - b);
  const sure = tellsSizes(source) && tellsSizes(destination);
  const mine = [...added].filter(({ bytes }) => !sure || isNear(sizes, bytes));
  if (mine.length === 0) return [];
  const [myHeaders, theirHeaders] = await Promise.all([
    headersOf(source, folder.source, mine),
    headersOf(destination, folder.destination, [...present]),
  ]);
  const { unclear } = pairByHeader(myHeaders, theirHeaders);
  const pairs: Pair[] = [];
  for (const group of unclear) {
    const wanted = await bodyDigests(source, folder.source, group.wanted);
    const found = await bodyDigests(destination, folder.destination, group.present);
    pairs.push(...pairGroup(group, { wanted, found }));
  }
  return pairs;
}

/** What servers rewrite changes the size a little. */
function isNear(sorted: readonly number[], bytes: number): boolean {
  const slack = 1024 + bytes / 32;
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) < bytes - slack) low = middle + 1;
    else high = middle;
  }
  return (sorted[low] ?? Number.POSITIVE_INFINITY) <= bytes + slack;
}

async function bodyDigests(session: MailSession, path: string, uids: readonly number[]): Promise<Map<number, string>> {
  const found = new Map<number, string>();
  for await (const { uid, body } of session.fetch(path, uids)) found.set(uid, bodyDigest(body));
  return found;
}

function pairGroup(
  group: { wanted: readonly number[]; present: readonly number[] },
  by: { wanted: ReadonlyMap<number, string>; found: ReadonlyMap<number, string> },
): Pair[] {
  const only = (all: ReadonlyMap<number, string>, uids: readonly number[]): Map<number, string> =>
    new Map(
      uids.flatMap((uid) => {
        const digest = all.get(uid);
        return digest === undefined ? [] : [[uid, digest] as const];
      }),
    );
  return pairByContent(only(by.wanted, group.wanted), only(by.found, group.present));
}
