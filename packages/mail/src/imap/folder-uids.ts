import type { FlagRow, UidRange } from '@mxodus/model';
import { FolderRows } from './folder-rows.ts';
import type { SelectedFolder } from './selected-folder.ts';
import type { SessionLine } from './session-line.ts';
import { ascending, searchUids } from './uid-search.ts';
import { overRange } from './uid-windows.ts';

/** UIDs and flags of a range of the folder. A row nobody can read is left out: only `readUids` tells what is there. */
export async function readFlags(
  line: SessionLine,
  path: string,
  { range, notEmpty }: { range: UidRange; notEmpty: boolean },
): Promise<FlagRow[]> {
  const ask = (folder: SelectedFolder): Promise<FlagRow[]> => flagRows(line, range, folder).then(({ list }) => list);
  if (notEmpty && line.messageLimit === null) {
    const { sent } = await line.send(() => {
      const opening = line.open(path, { mode: 'keep' });
      return { opening, rows: ask(opening) };
    });
    sent.rows.catch(() => undefined);
    await sent.opening.opened;
    return sent.rows;
  }
  return line.turn(async () => {
    const folder = line.open(path, { mode: 'keep' });
    const anew = folder.state === 'opening';
    await folder.opened;
    return anew && folder.exists === 0 ? [] : ask(folder);
  });
}

/** Sends at once. */
export async function flagRows(
  line: SessionLine,
  range: UidRange,
  folder: { uidNext: number | null; exists: number },
): Promise<FolderRows<FlagRow>> {
  const rows = new FolderRows(range, ({ uid, flags }): FlagRow | null => (flags === null ? null : { uid, flags }));
  await overRange(line, range, folder, (set) => line.ok(`UID FETCH ${set} (UID FLAGS)`, rows));
  return rows;
}

/** All UIDs of the folder, opened anew. */
export async function readUids(line: SessionLine, path: string): Promise<number[]> {
  return line.turn(async () => {
    const { folder, searched } = line.wire.together(() => {
      const opening = line.open(path, { mode: 'again' });
      const early = line.messageLimit === null ? searchUids(line, { folder: opening }) : undefined;
      early?.catch(() => undefined);
      return { folder: opening, searched: early };
    });
    await folder.opened;
    line.requireUidValidity(folder);
    const found = await (searched ?? searchUids(line, { folder }));
    if (found.length >= folder.exists) return found;
    // Some servers limit what SEARCH finds, and do not say so.
    const all = { from: 1 };
    const rows = new FolderRows(all, ({ uid }) => ({ uid }));
    await overRange(line, all, folder, (set) => line.ok(`UID FETCH ${set} (UID)`, rows));
    return ascending([...found, ...rows.list.map(({ uid }) => uid)]);
  });
}
