import { chooseRung, flagText, type Rung } from '@mxodus/engine';
import {
  type FolderStatus,
  invariant,
  type LedgerFolder,
  type LedgerMessage,
  type MailSession,
  type MessageMeta,
} from '@mxodus/model';
import type { FolderTask } from './folder-task.ts';
import { MessageTable } from './message-table.ts';
import type { SyncContext } from './sync-context.ts';
import { uidValidityChanged } from './uid-validity.ts';
import { windows } from './windows.ts';

/** What became of a source folder since the ledger last knew it. */
export interface FolderLook {
  rung: Rung;
  /** FETCH rows it took. */
  rowsRead: number;
  /** The folder as it was when it was opened for the look: what changes later is found by the next pass. */
  status: FolderStatus;
  /** Listed by the source, not known to the ledger. */
  added: MessageTable;
  /** Known, stored, and flagged otherwise than at the last look. */
  flagged: { row: LedgerMessage; flags: readonly string[] }[];
  /** Known to the ledger, and no longer listed. */
  vanished: number[];
}

interface Ground {
  session: MailSession;
  row: LedgerFolder;
  task: FolderTask;
}

/**
 * Climbs down the delta ladder: nothing (STATUS says so) -> QRESYNC -> CONDSTORE -> UIDNEXT and a diff of flags -> all of it. What a
 * rung found must add up to EXISTS; when it does not, the server is not believed and the next rung is taken.
 */
export async function lookAtFolder(context: SyncContext, task: FolderTask, row: LedgerFolder): Promise<FolderLook> {
  const session = await context.connections.source();
  const { capabilities } = session.facts;
  const rung = chooseRung({ before: row.finished, now: task.status, capabilities, needsLook: false });
  if (rung === 'unchanged') return nothingNew(task);
  const ground = { session, row, task };
  if (rung === 'qresync' || rung === 'condstore') {
    const look = await byModseq(context, ground);
    if (look !== null && (await addsUp(context, row, look))) return look;
  }
  if (rung !== 'full-scan') {
    const look = await byFlagDiff(context, ground);
    if (await addsUp(context, row, look)) return look;
  }
  return byFullScan(context, ground);
}

export const nothingNew = ({ status }: FolderTask): FolderLook => ({
  rung: 'unchanged',
  rowsRead: 0,
  status,
  added: new MessageTable(),
  flagged: [],
  vanished: [],
});

/** What was known, less what vanished, plus what is new, is all there is. */
async function addsUp(context: SyncContext, row: LedgerFolder, look: FolderLook): Promise<boolean> {
  const known = await context.ledger.countListed(row.id);
  return known - look.vanished.length + look.added.length === look.status.messages;
}

async function byModseq(context: SyncContext, { session, row, task }: Ground): Promise<FolderLook | null> {
  const before = row.finished;
  invariant(before !== null && before.highestModseq !== null, 'a MODSEQ is known');
  const { uidValidity, highestModseq } = before;
  const changes = await session.changes(task.source, { uidValidity, highestModseq });
  if (changes === null) return null;
  assertSame(changes, task);
  const rows = await context.ledger.messagesOf(
    row.id,
    changes.flags.map(({ uid }) => uid),
  );
  const known = new Map(rows.map((message) => [message.uid, message]));
  const added = new MessageTable();
  let rowsRead = changes.flags.length;
  const scan = await session.scan(task.source, { range: { from: before.uidNext } });
  rowsRead += scan.messages.length;
  for (const message of scan.messages) if (!known.has(message.uid)) added.add(message);
  const vanished =
    changes.vanished === null
      ? await vanishedByCount(context, { session, row, task }, { added: added.length, exists: scan.exists })
      : await knownOf(context, row, changes.vanished);
  return {
    rung: changes.vanished === null ? 'condstore' : 'qresync',
    rowsRead,
    status: { ...task.status, ...statusOf(scan), highestModseq: changes.highestModseq },
    added,
    flagged: changedFlags(context, known, changes.flags),
    vanished,
  };
}

/** Without QRESYNC the numbers say whether any is gone; only then all UIDs are asked for. */
async function vanishedByCount(
  context: SyncContext,
  { session, row, task }: Ground,
  { added, exists }: { added: number; exists: number },
): Promise<number[]> {
  const known = await context.ledger.countListed(row.id);
  if (known + added === exists) return [];
  const present = new Set(await session.uids(task.source));
  const gone: number[] = [];
  for (const range of windows(task.status)) {
    for (const { uid } of await context.ledger.messages(row.id, range)) if (!present.has(uid)) gone.push(uid);
  }
  return gone;
}

async function knownOf(context: SyncContext, row: LedgerFolder, uids: readonly number[]): Promise<number[]> {
  const rows = await context.ledger.messagesOf(row.id, uids);
  return rows.filter((message) => !message.gone).map((message) => message.uid);
}

async function byFlagDiff(context: SyncContext, { session, row, task }: Ground): Promise<FolderLook> {
  invariant(row.finished !== null, 'the folder was finished before');
  const { uidNext } = row.finished;
  const scan = await session.scan(task.source, { range: { from: uidNext } });
  assertSame(scan, task);
  const look: FolderLook = { ...emptyLook('flag-diff', task, scan), rowsRead: scan.messages.length };
  // A reverse pass put them there: the ledger was told of them then.
  const told = await context.ledger.messagesOf(
    row.id,
    scan.messages.map(({ uid }) => uid),
  );
  const known = new Map(told.filter(({ gone }) => !gone).map((message) => [message.uid, message]));
  for (const message of scan.messages) if (!known.has(message.uid)) look.added.add(message);
  look.flagged.push(...changedFlags(context, known, scan.messages));
  for (const range of windows({ uidNext, messages: row.finished.messages })) {
    const listed = await session.flags(task.source, range);
    look.rowsRead += listed.length;
    const before = await rowsOf(context, row, range);
    look.flagged.push(...changedFlags(context, before, listed));
    const present = new Set(listed.map(({ uid }) => uid));
    for (const uid of before.keys()) if (!present.has(uid)) look.vanished.push(uid);
  }
  return look;
}

async function byFullScan(context: SyncContext, { session, row, task }: Ground): Promise<FolderLook> {
  let look: FolderLook | undefined;
  const wentBack = row.finished !== null && task.status.uidNext < row.finished.uidNext;
  // What has no UIDs of its own lists all of a folder each time.
  for (const range of session.keyed === null ? windows(task.status, 'to the end') : [{ from: 1 }]) {
    const scan = await session.scan(task.source, { range });
    assertSame(scan, task);
    look ??= emptyLook('full-scan', task, scan);
    look.rowsRead += scan.messages.length;
    const known = await rowsOf(context, row, range);
    look.flagged.push(...changedFlags(context, known, scan.messages));
    for (const message of scan.messages) {
      const before = known.get(message.uid);
      if (before !== undefined && !(wentBack && isAnother(before, message))) known.delete(message.uid);
      else look.added.add(message);
    }
    look.vanished.push(...known.keys());
  }
  invariant(look !== undefined, 'a folder has at least one window');
  // Messages that come and go between the windows: what was listed is what counts.
  look.status.messages = look.rowsRead;
  return look;
}

/** A source restored from a backup gives the UIDs of lost messages to new ones. */
const isAnother = (row: LedgerMessage, { internalDate }: MessageMeta): boolean =>
  row.internalDate !== null &&
  internalDate !== null &&
  Math.floor(row.internalDate / 1000) !== Math.floor(internalDate / 1000);

const rowsOf = async (context: SyncContext, row: LedgerFolder, range: { from: number; to?: number }) =>
  new Map((await context.ledger.messages(row.id, range)).map((message) => [message.uid, message]));

const statusOf = (scan: { uidNext: number; exists: number }): Pick<FolderStatus, 'uidNext' | 'messages'> => ({
  uidNext: scan.uidNext,
  messages: scan.exists,
});

function emptyLook(
  rung: Rung,
  task: FolderTask,
  scan: { uidNext: number; exists: number; highestModseq: string | null },
): FolderLook {
  const status = { ...task.status, ...statusOf(scan), highestModseq: scan.highestModseq };
  return { rung, rowsRead: 0, status, added: new MessageTable(), flagged: [], vanished: [] };
}

/** Where mail goes back, flags of what is there are left alone, and most may have changed: those are not kept in memory. */
function changedFlags(
  { backwards }: SyncContext,
  known: ReadonlyMap<number, LedgerMessage>,
  listed: readonly { uid: number; flags: readonly string[] }[],
): FolderLook['flagged'] {
  return listed.flatMap(({ uid, flags }) => {
    const row = known.get(uid);
    if (row === undefined || row.gone || row.flags === flagText(flags)) return [];
    return backwards !== null && row.state === 'stored' ? [] : [{ row, flags }];
  });
}

function assertSame({ uidValidity }: { uidValidity: number }, task: FolderTask): void {
  if (uidValidity !== task.status.uidValidity) throw uidValidityChanged('source', task.source);
}
