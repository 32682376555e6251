import type { FolderScan, MessageMeta, UidRange } from '@mxodus/model';
import { FolderRows } from './folder-rows.ts';
import { messageMeta } from './message-meta.ts';
import type { SelectedFolder } from './selected-folder.ts';
import { refusal, type SessionLine } from './session-line.ts';
import { searchUids } from './uid-search.ts';
import { overRange, settled } from './uid-windows.ts';

export interface ScanOptions {
  range?: UidRange;
  messageIds?: boolean;
  writable?: boolean;
}

/** What one look at a folder has sent so far. */
interface Look {
  folder: SelectedFolder;
  rows: FolderRows<MessageMeta>;
  fetched: Promise<unknown> | undefined;
  /** What SEARCH knows of a part of the folder. */
  found: Promise<number[]> | undefined;
}

/**
 * Opens the folder anew and lists a range of it: one round trip where the folder is known not to be empty (some servers answer BAD
 * to a FETCH where there is nothing), else two.
 */
export async function scanFolder(
  line: SessionLine,
  path: string,
  { options, notEmpty }: { options: ScanOptions; notEmpty: boolean },
): Promise<FolderScan> {
  const look = (): Look => openLook(line, path, options);
  const atOnce = notEmpty && line.messageLimit === null;
  const { sent } = atOnce
    ? await line.send(() => {
        const first = look();
        fetchRows(line, first, { options, known: { uidNext: null, exists: 0 } });
        return first;
      })
    : { sent: await line.turn(() => lookFirst(line, look(), options)) };
  const { folder } = sent;
  await folder.opened;
  line.requireUidValidity(folder);
  if (folder.exists > 0) await sent.fetched;
  const messages = await complete(line, sent, options);
  return {
    uidValidity: folder.uidValidity,
    uidNext: folder.uidNext ?? (await line.askUidNext(path)),
    exists: folder.exists,
    highestModseq: folder.highestModseq,
    // EXAMINE answers PERMANENTFLAGS () whatever could be set (Dovecot 2.3, 2026-11): only SELECT tells.
    permanentFlags:
      options.writable !== true || folder.permanentFlags?.includes('\\*') === true ? null : folder.permanentFlags,
    messages,
  };
}

function openLook(line: SessionLine, path: string, { range, messageIds = false, writable = false }: ScanOptions): Look {
  const rows = new FolderRows(range ?? { from: 1 }, (row) => (row.size < 0 ? null : messageMeta(row, messageIds)));
  // Without it Dovecot 2.3 keeps no MODSEQs, and tells none (2026-11).
  const extension = line.condstore ? ' (CONDSTORE)' : '';
  const folder = line.open(path, { writable, mode: 'again', extension });
  return { folder, rows, fetched: undefined, found: undefined };
}

async function lookFirst(line: SessionLine, look: Look, options: ScanOptions): Promise<Look> {
  const { folder } = look;
  await folder.opened;
  if (folder.exists === 0 || (options.range?.from ?? 1) >= (folder.uidNext ?? Infinity)) return look;
  line.wire.together(() => fetchRows(line, look, { options, known: folder }));
  await look.fetched;
  return look;
}

function fetchRows(
  line: SessionLine,
  look: Look,
  { options, known }: { options: ScanOptions; known: { uidNext: number | null; exists: number } },
): void {
  const items = itemsOf(line, options.messageIds ?? false);
  const range = options.range ?? { from: 1 };
  look.fetched = overRange(line, range, known, (set) => line.ok(`UID FETCH ${set} (${items})`, look.rows));
  look.fetched.catch(() => undefined);
  // EXISTS tells when a row of the whole folder is missing; of a part only SEARCH does.
  if (!isPart(options)) return;
  look.found = searchUids(line, { range, folder: known });
  look.found.catch(() => undefined);
}

const isPart = ({ range }: ScanOptions): boolean => range !== undefined && (range.from > 1 || range.to !== undefined);

function itemsOf(line: SessionLine, messageIds: boolean): string {
  const items = ['UID', 'FLAGS', 'INTERNALDATE', 'RFC822.SIZE'];
  if (line.has('X-GM-EXT-1')) items.push('X-GM-MSGID', 'X-GM-LABELS');
  else if (line.has('OBJECTID')) items.push('EMAILID');
  if (messageIds) items.push('BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]');
  return items.join(' ');
}

/** What SEARCH knows and FETCH did not show, or nobody could read, is listed by its UID alone. */
async function complete(line: SessionLine, look: Look, options: ScanOptions): Promise<MessageMeta[]> {
  const messages = look.rows.list;
  const { folder } = look;
  if (look.fetched === undefined || folder.exists === 0) return messages;
  if (!isPart(options) && messages.length >= folder.exists) return messages;
  const known = new Set(messages.map((message) => message.uid));
  const found = await (look.found ?? inFolder(line, look, () => searchUids(line, { folder })));
  const missing = found.filter((uid) => !known.has(uid));
  if (missing.length === 0) return messages;
  const rest = await inFolder(line, look, () => byUidAlone(line, missing, options));
  return [...messages, ...rest].sort((a, b) => a.uid - b.uid);
}

/** Another folder may have been opened since. */
const inFolder = <T>(line: SessionLine, { folder: before }: Look, work: () => Promise<T>): Promise<T> =>
  line.turn(async () => {
    const folder = line.open(before.path, { writable: before.writable, mode: 'keep' });
    await folder.opened;
    line.sameUidValidity(folder, before.uidValidity);
    return work();
  });

/** Asked for one by one: all there is to know, or where that cannot be read either, the size alone. */
async function byUidAlone(line: SessionLine, uids: readonly number[], options: ScanOptions): Promise<MessageMeta[]> {
  const messageIds = options.messageIds ?? false;
  const asked = uids.map(async (uid): Promise<MessageMeta> => {
    const only = { from: uid, to: uid };
    const rows = new FolderRows(only, (row) => (row.size < 0 ? null : messageMeta(row, messageIds)));
    await askAlone(line, `UID FETCH ${uid} (${itemsOf(line, messageIds)})`, rows);
    const [whole] = rows.list;
    if (whole !== undefined) return whole;
    const sizes = new FolderRows(only, ({ size }) => (size < 0 ? null : { uid, size }));
    await askAlone(line, `UID FETCH ${uid} (UID RFC822.SIZE)`, sizes);
    return { uid, flags: [], internalDate: null, bytes: sizes.list[0]?.size ?? 0 };
  });
  await settled(asked);
  return Promise.all(asked);
}

/** A NO for one message is no reason to give up the others. */
async function askAlone(line: SessionLine, command: string, rows: FolderRows<{ uid: number }>): Promise<void> {
  const answer = await line.answer(command, rows);
  if (answer.status === 'BAD') throw line.error(refusal(answer), 'FETCH');
}
