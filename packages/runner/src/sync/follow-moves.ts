import { type AddedMessage, flagText, pairByContent, pairMoves } from '@mxodus/engine';
import type { Adoption, GoneMessage, MessageMeta } from '@mxodus/model';
import { digests } from './content-digest.ts';
import { headerDigests } from './headers-of.ts';
import { locateStored } from './locate-stored.ts';
import { openAtDestination } from './open-at-destination.ts';
import { placesAtDestination } from './places-at-destination.ts';
import { settingAside } from './set-aside.ts';
import type { FolderWork, OpenFolder, SyncContext } from './sync-context.ts';

interface Move {
  gone: GoneMessage;
  message: MessageMeta;
}

/**
 * A message that is gone from one source folder and new in another (or has another UID) is the same message. What becomes of its copy:
 *
 *   the copy is                                         then
 *   in the folder where the message belongs now         it is only known under its new UID
 *   where we put it, in another folder                  it is moved there
 *   not where we put it: the user moved or deleted it   it stays as the user wants it
 *   anywhere, after the switch                          it stays
 *
 * Returns the gone messages that turned up nowhere.
 */
export async function followMoves(context: SyncContext, works: readonly FolderWork[]): Promise<GoneMessage[]> {
  const { ledger, mailboxId } = context;
  const gone = await ledger.goneMessages(mailboxId);
  if (gone.length === 0) return [];
  const byFolder = new Map(works.map((work) => [work.row.id, work]));
  const pairs = await pairGone(context, works, gone);
  await freeKeys(context, byFolder, gone);
  const moves = new Map<FolderWork, Move[]>();
  for (const { gone: from, added: to } of pairs) {
    const work = byFolder.get(to.folderId);
    if (work === undefined) continue;
    const list = moves.get(work) ?? [];
    list.push({ gone: from, message: to.message });
    moves.set(work, list);
  }
  for (const [work, list] of moves) {
    context.signal.throwIfAborted();
    await settingAside(context, { task: work.task, work: null }, async () => {
      await follow(context, work, list);
      work.look.added = work.look.added.without(new Set(list.map(({ message }) => message.uid)));
    });
  }
  const used = new Set(pairs.map((pair) => pair.gone));
  return gone.filter((message) => !used.has(message));
}

interface Added extends AddedMessage {
  folderId: number;
  message: MessageMeta;
}

interface MovePair {
  gone: GoneMessage;
  added: Added;
}

async function pairGone(
  context: SyncContext,
  works: readonly FolderWork[],
  gone: readonly GoneMessage[],
): Promise<MovePair[]> {
  const keys = new Set(gone.map(keyOf));
  const emailIds = new Set(gone.flatMap(({ emailId }) => (emailId === null ? [] : [emailId])));
  const source = await context.connections.source();
  const candidates: Added[] = [];
  for (const work of works) {
    const wanted = [...work.look.added].filter(
      (message) => keys.has(keyOf(message)) || (message.emailId !== undefined && emailIds.has(message.emailId)),
    );
    if (wanted.length === 0) continue;
    const found = await headerDigests(
      source,
      work.task.source,
      wanted.map(({ uid }) => uid),
    );
    for (const message of wanted) {
      candidates.push({ ...message, folderId: work.row.id, message, digest: found.get(message.uid) ?? null });
    }
  }
  const { sure, unclear } = pairMoves(gone, candidates);
  const pairs = [...sure];
  for (const group of unclear) pairs.push(...(await pairByCopies(context, works, group)));
  return pairs;
}

const keyOf = ({ internalDate, bytes }: { internalDate: number | null; bytes: number }): string =>
  `${internalDate === null ? '-' : Math.floor(internalDate / 1000)} ${bytes}`;

/** What the ledger knows does not tell them apart: the copies do, as far as they are still there. */
async function pairByCopies(
  context: SyncContext,
  works: readonly FolderWork[],
  group: { gone: readonly GoneMessage[]; added: readonly Added[] },
): Promise<MovePair[]> {
  const { connections, tempDir } = context;
  const [source, destination] = await Promise.all([connections.source(), connections.destination()]);
  // The bytes of the copies say nothing there; equal header, date and size make these messages as good as one another.
  if (destination.keyed !== null) return inTheirOrder(group);
  const copies = new Map<number, string>();
  for (const place of await placesAtDestination(context, group.gone)) {
    const messages = place.present.map(({ destinationUid: uid, gone }) => ({ uid, bytes: gone.bytes }));
    const found = await digests(destination, { path: place.path, messages, tempDir });
    for (const message of place.present) {
      const digest = found.get(message.destinationUid);
      if (digest !== undefined) copies.set(group.gone.indexOf(message.gone), digest);
    }
  }
  const originals = new Map<number, string>();
  for (const work of works) {
    const messages = group.added.filter(({ folderId }) => folderId === work.row.id).map(({ message }) => message);
    if (messages.length === 0) continue;
    const found = await digests(source, { path: work.task.source, messages, tempDir });
    for (const [index, added] of group.added.entries()) {
      const digest = added.folderId === work.row.id ? found.get(added.message.uid) : undefined;
      if (digest !== undefined) originals.set(index, digest);
    }
  }
  return pairByContent(originals, copies).flatMap((pair) => {
    const [from, to] = [group.gone[pair.present], group.added[pair.wanted]];
    return from === undefined || to === undefined ? [] : [{ gone: from, added: to }];
  });
}

function inTheirOrder({ gone, added }: { gone: readonly GoneMessage[]; added: readonly Added[] }): MovePair[] {
  const byDigest = Map.groupBy(added, ({ digest }) => digest);
  return gone.flatMap((from) => {
    const to = from.digest === null ? undefined : byDigest.get(from.digest)?.shift();
    return to === undefined ? [] : [{ gone: from, added: to }];
  });
}

/** A restored source lists other messages under UIDs of old ones: what the ledger knows of the old ones is in memory now. */
async function freeKeys(
  { ledger }: SyncContext,
  byFolder: ReadonlyMap<number, FolderWork>,
  gone: readonly GoneMessage[],
): Promise<void> {
  const taken = gone.filter(({ folderId }) => byFolder.has(folderId));
  const listed = new Map([...byFolder].map(([id, { look }]) => [id, new Set([...look.added].map(({ uid }) => uid))]));
  await ledger.forgetGone(taken.filter(({ folderId, uid }) => listed.get(folderId)?.has(uid) ?? false));
}

async function follow(context: SyncContext, work: FolderWork, moves: readonly Move[]): Promise<void> {
  const { ledger, passId, rules } = context;
  if (rules.appendOnly) return adopt(context, work, moves, 'unknown place');
  work.open = await openAtDestination(context, work.task, { row: work.row, wanted: true });
  const { open } = work;
  if (open === null) return adopt(context, work, moves, 'unknown place');
  const stays = moves.filter(({ gone }) => isIn(open, gone));
  await adopt(context, work, stays, 'same place');
  const rest = moves.filter(({ gone }) => !isIn(open, gone));
  const session = await context.connections.destination();
  const places = await placesAtDestination(
    context,
    rest.map(({ gone }) => gone),
  );
  const movable = new Set(places.flatMap(({ present }) => present.map(({ gone }) => gone)));
  await adopt(
    context,
    work,
    rest.filter(({ gone }) => !movable.has(gone)),
    'unknown place',
  );
  for (const { path, present } of places) {
    const byUid = new Map(present.map(({ gone, destinationUid }) => [destinationUid, gone]));
    const here = rest.filter(({ gone }) => movable.has(gone) && gone.destination === path);
    const floor = open.atDestination.uidNext;
    const intents = here.map(({ gone, message }) => intentOf(message, gone, floor));
    await ledger.writeIntents(work.row.id, passId, intents);
    const answer = await session.move(path, [...byUid.keys()], open.destination);
    const known = answer.uidValidity === open.destinationUidValidity;
    const settled = here.map(({ gone, message }) => {
      const destinationUid = known ? (answer.uids.get(gone.destinationUid ?? 0) ?? null) : null;
      return {
        from: { folderId: gone.folderId, uid: gone.uid },
        to: { folderId: work.row.id, uid: message.uid, destinationUid },
      };
    });
    await ledger.settleMoves(passId, settled);
    work.moves += here.length;
    context.counters.sent += here.length;
  }
  // Without COPYUID (RFC 4315) the flags would not find them.
  if (!rules.dryRun) await locateStored(context, open);
  await flagAfterMove(context, work, moves);
}

const isIn = (open: OpenFolder, { destination, destinationUidValidity }: GoneMessage): boolean =>
  destination === open.destination && destinationUidValidity === open.destinationUidValidity;

const intentOf = (
  { uid, bytes, internalDate, emailId }: MessageMeta,
  { flags, digest }: GoneMessage,
  floor: number,
) => ({
  uid,
  bytes,
  internalDate,
  // As last carried: what changed at the source since is carried after the move.
  flags,
  floor,
  digest,
  emailId: emailId ?? null,
});

async function adopt(
  context: SyncContext,
  work: FolderWork,
  moves: readonly Move[],
  where: 'same place' | 'unknown place',
): Promise<void> {
  if (moves.length === 0) return;
  const adoptions = moves.map(({ gone, message }): Adoption => {
    const { uid, bytes, internalDate, emailId = null } = message;
    const destinationUid = where === 'same place' ? gone.destinationUid : null;
    const flags = where === 'same place' ? gone.flags : flagText(message.flags);
    return { uid, bytes, internalDate, flags, destinationUid, digest: gone.digest, emailId, found: false };
  });
  await context.ledger.adopt(work.row.id, context.passId, adoptions);
  await context.ledger.forgetGone(moves.map(({ gone }) => ({ folderId: gone.folderId, uid: gone.uid })));
}

/** Moved and flagged at the source between two passes: both arrive. */
async function flagAfterMove(context: SyncContext, work: FolderWork, moves: readonly Move[]): Promise<void> {
  const flagsNow = new Map(moves.map(({ message }) => [message.uid, message.flags]));
  for (const row of await context.ledger.messagesOf(work.row.id, [...flagsNow.keys()])) {
    const flags = flagsNow.get(row.uid) ?? [];
    if (row.flags !== flagText(flags)) work.look.flagged.push({ row, flags });
  }
}
