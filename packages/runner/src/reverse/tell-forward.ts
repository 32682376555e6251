import { flagText } from '@mxodus/engine';
import {
  type Adoption,
  EXIT,
  type Ledger,
  type LedgerFolder,
  noMessages,
  type Plan,
  type PlanMailbox,
} from '@mxodus/model';
import { headerDigests } from '../sync/headers-of.ts';
import { ledgerKey } from '../sync/ledger-key.ts';
import type { SyncContext } from '../sync/sync-context.ts';

/** The ledger of the passes forward, as a pass back works on it. */
interface ForwardLedger {
  ledger: Ledger;
  mailbox: PlanMailbox;
  plan: Plan;
  now: () => Date;
}

/** The kind of a pass back, in its own ledger. */
export const REVERSE = 'reverse';

/**
 * Before a message goes into a folder of the old side: the next pass forward looks at all that its copies' folder holds, not only at what
 * came since the last one. So it finds the original of a message that went back and that the forward ledger was not told of (see
 * tellForward): the process was killed in between.
 */
export async function lookAgain(forward: ForwardLedger, oldFolder: string): Promise<void> {
  const folder = await forwardFolder(forward, oldFolder);
  if (folder === undefined) return;
  const { finished: status, destinationFinished, destinationUidValidity: uidValidity, buckets } = folder;
  if (status === null || destinationFinished === null || uidValidity === null || destinationFinished.uidNext === 1)
    return;
  const destination = { uidValidity, uidNext: 1, messages: 0 };
  await forward.ledger.finishFolder(folder.id, { status, buckets: buckets ?? noMessages(), destination });
}

/**
 * Tells the forward ledger what went back: each such message of the old side has its copy already, the one it was made from. So no pass
 * forward sends it again, wherever its user moves it at the old side, and flags and moves follow as for any other.
 */
export async function tellForward(context: SyncContext, forward: ForwardLedger): Promise<void> {
  const { ledger, mailboxId, mailbox } = context;
  const moved = (await ledger.movedBy({ kinds: [REVERSE], since: 0 })).filter(
    ({ address }) => address === mailbox.address,
  );
  const uids = Map.groupBy(moved, ({ folder, uidValidity }) => JSON.stringify([folder, uidValidity]));
  for (const folder of await ledger.currentFolders(mailboxId)) {
    const sent = uids.get(JSON.stringify([folder.source, folder.uidValidity]));
    if (sent === undefined || isLeftOut(forward.plan, forward.mailbox, folder.destination)) continue;
    const rows = await ledger.messagesOf(
      folder.id,
      sent.map(({ uid }) => uid),
    );
    const originals = new Map(
      rows.flatMap(({ uid, destinationUid }) => (destinationUid === null ? [] : [[destinationUid, uid] as const])),
    );
    await tellFolder(context, forward, { folder, originals });
  }
}

/** The passes forward never look at it. */
function isLeftOut({ rules }: Plan, { folders }: PlanMailbox, path: string): boolean {
  const planned = folders.find(({ source }) => source === path);
  return planned?.excluded ?? rules.exclude.includes(path);
}

/**
 * Tells the forward ledger of messages of an old folder that the new side has in another place: they are not sent there once more. Where no
 * pass forward ever saw the folder there is nobody to tell.
 */
export async function tellFound(
  context: SyncContext,
  forward: ForwardLedger,
  { path, uidValidity, uids }: { path: string; uidValidity: number; uids: readonly number[] },
): Promise<void> {
  const there = await forwardFolder(forward, path);
  if (there?.uidValidity !== uidValidity) return;
  await tell(context, forward, { folder: there, originals: new Map(uids.map((uid) => [uid, null])) });
}

async function tellFolder(
  context: SyncContext,
  forward: ForwardLedger,
  { folder, originals }: { folder: LedgerFolder; originals: Map<number, number> },
): Promise<void> {
  const { destination: path, destinationUidValidity: uidValidity } = folder;
  if (uidValidity === null || originals.size === 0) return;
  const { ledger, mailbox } = forward;
  const known = await forwardFolder(forward, path);
  const key = { source: path, uidValidity, destination: known?.destination ?? folder.source };
  const there =
    known?.uidValidity === uidValidity
      ? known
      : await ledger.openFolder(await ledger.openMailbox(ledgerKey(mailbox)), key);
  const inPlace =
    there.destination === folder.source && (there.destinationUidValidity ?? folder.uidValidity) === folder.uidValidity;
  if (inPlace) await ledger.setDestinationUidValidity(there.id, folder.uidValidity);
  await tell(context, forward, {
    folder: there,
    originals: inPlace ? originals : new Map([...originals.keys()].map((uid) => [uid, null])),
  });
}

/** @param of.originals the UID at the new side by that at the old one; null: it is not where its copy would be put */
async function tell(
  context: SyncContext,
  forward: ForwardLedger,
  { folder, originals }: { folder: LedgerFolder; originals: ReadonlyMap<number, number | null> },
): Promise<void> {
  const { ledger } = forward;
  const known = new Set((await ledger.messagesOf(folder.id, [...originals.keys()])).map(({ uid }) => uid));
  const uids = [...originals.keys()].filter((uid) => !known.has(uid));
  if (uids.length === 0) return;
  const session = await context.connections.destination();
  const wanted = new Set(uids);
  const scan = await session.scan(folder.source, { range: { from: Math.min(...uids), to: Math.max(...uids) } });
  if (scan.uidValidity !== folder.uidValidity) return;
  const digests = await headerDigests(session, folder.source, uids);
  const adoptions = scan.messages.flatMap(({ uid, bytes, internalDate, flags, emailId = null }): Adoption[] => {
    if (!wanted.has(uid)) return [];
    const [digest, destinationUid] = [digests.get(uid) ?? null, originals.get(uid) ?? null];
    return [{ uid, bytes, internalDate, flags: flagText(flags), destinationUid, digest, emailId, found: true }];
  });
  await ledger.adopt(folder.id, await lastPass(context, forward), adoptions);
}

async function forwardFolder({ ledger, mailbox }: ForwardLedger, path: string): Promise<LedgerFolder | undefined> {
  const folders = await ledger.currentFolders(await ledger.openMailbox(ledgerKey(mailbox)));
  return folders.find(({ source }) => source === path);
}

/** Rows need a pass they belong to; where none was, one that did not get far. */
async function lastPass({ mailbox }: SyncContext, { ledger, mailbox: own, plan, now }: ForwardLedger): Promise<number> {
  const last = (await ledger.lastPasses()).findLast(({ address }) => address === mailbox.address);
  if (last !== undefined) return last.id;
  const time = now().toISOString();
  const id = await ledger.startPass(await ledger.openMailbox(ledgerKey(own)), {
    kind: REVERSE,
    planSha256: plan.sha256,
    startedAt: time,
  });
  await ledger.finishPass(id, {
    exitCode: EXIT.interrupted,
    sourceMessages: 0,
    buckets: noMessages(),
    destinationWrites: 0,
    bytes: 0,
    flagsChanged: 0,
    error: 'INTERRUPTED',
    finishedAt: time,
  });
  return id;
}
