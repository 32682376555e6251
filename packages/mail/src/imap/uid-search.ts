import { MxodusError, type UidRange } from '@mxodus/model';
import { FolderRows } from './folder-rows.ts';
import { readFailure } from './imap-errors.ts';
import { expandBelow } from './sequence-set.ts';
import type { SessionLine } from './session-line.ts';
import { overRange } from './uid-windows.ts';
import { readNumbers, readPairs, type Untagged } from './untagged.ts';
import type { Listener } from './wire.ts';

/** More than any mailbox has; a uid-set of a hostile server can name four thousand million. */
const MOST_UIDS = 10_000_000;

/** Collects what SEARCH or ESEARCH (RFC 4731) lists. */
class FoundUids implements Listener {
  readonly uids: number[] = [];
  unreadable = false;

  untagged({ name, cursor }: Untagged): boolean {
    if (name === 'SEARCH') {
      for (const uid of readNumbers(cursor)) this.uids.push(uid);
      return true;
    }
    if (name !== 'ESEARCH') return false;
    // (TAG "A285") UID ALL 4:19,21,28
    const values = cursor.values().filter((value) => !Array.isArray(value) && String(value).toUpperCase() !== 'UID');
    const all = readPairs(values).get('ALL');
    if (typeof all !== 'string') return true;
    const uids = expandBelow(all, Infinity, MOST_UIDS);
    if (uids === null) this.unreadable = true;
    else for (const uid of uids) this.uids.push(uid);
    return true;
  }

  malformed(response: string): void {
    if (/^\* E?SEARCH\b/i.test(response)) this.unreadable = true;
  }
}

/** The UIDs of a range of the open folder, ascending. Sends at once; `keys` are further search keys. */
export async function searchUids(
  line: SessionLine,
  search: { range?: UidRange; keys?: string; folder: { uidNext: number | null; exists: number } },
): Promise<number[]> {
  try {
    return await askSearch(line, search);
  } catch (error) {
    const isNo =
      error instanceof MxodusError && error.code === 'SERVER_ANSWER' && readFailure(error.cause).responseStatus !== '';
    if (!isNo || search.keys !== undefined) throw error;
    // Some servers have no SEARCH to speak of (SmarterMail, Yandex; imapsync's list of 2026): FETCH knows all UIDs too.
    const range = search.range ?? { from: 1 };
    const rows = new FolderRows(range, ({ uid }) => ({ uid }));
    if (search.folder.exists > 0) {
      await overRange(line, range, search.folder, (set) => line.ok(`UID FETCH ${set} (UID)`, rows));
    }
    if (search.range === undefined && rows.list.length < search.folder.exists) throw error;
    return rows.list.map(({ uid }) => uid);
  }
}

async function askSearch(
  line: SessionLine,
  { range, keys = '', folder }: { range?: UidRange; keys?: string; folder: { uidNext: number | null; exists: number } },
): Promise<number[]> {
  const found = new FoundUids();
  const how = line.has('ESEARCH') ? ' RETURN (ALL)' : '';
  const whole = range === undefined || (range.from === 1 && range.to === undefined);
  if (whole && line.messageLimit === null) {
    await line.ok(`UID SEARCH${how} ${keys === '' ? 'ALL' : keys}`, found);
  } else {
    const and = keys === '' ? '' : ` ${keys}`;
    const search = (set: string): Promise<string> => line.ok(`UID SEARCH${how} UID ${set}${and}`, found);
    await overRange(line, range ?? { from: 1 }, folder, search);
  }
  if (found.unreadable || found.uids.length > MOST_UIDS) throw unreadable(line);
  const { from, to } = range ?? { from: 1 };
  return ascending(found.uids).filter((uid) => uid >= from && (to === undefined || uid <= to));
}

const unreadable = (line: SessionLine): MxodusError =>
  new MxodusError('SERVER_ANSWER', {
    what: 'the server answered a search in a way nobody can read',
    why: 'it is broken, or something on the way changes its answers',
    advice: 'the same command again; report it if it repeats',
    where: line.where,
  });

/** Sorted, each once. */
export function ascending(uids: readonly number[]): number[] {
  if (uids.every((uid, index) => index === 0 || uid > (uids[index - 1] ?? 0))) return [...uids];
  return [...new Set(uids)].sort((a, b) => a - b);
}
