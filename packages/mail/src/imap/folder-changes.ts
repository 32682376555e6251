import type { FlagRow, FolderChanges } from '@mxodus/model';
import type { FetchRow } from './fetch-row.ts';
import type { FolderNews, SelectedFolder } from './selected-folder.ts';
import { expandBelow } from './sequence-set.ts';
import type { SessionLine } from './session-line.ts';
import { ascending } from './uid-search.ts';
import { readResponseCode, type Untagged } from './untagged.ts';
import type { Listener } from './wire.ts';

/** What changed in a folder since a MODSEQ (RFC 7162). */

export interface Since {
  uidValidity: number;
  highestModseq: string;
}

/** More expunged UIDs than this: a full list of what is there costs less. */
const MOST_VANISHED = 2_000_000;

class Changes implements Listener, FolderNews {
  readonly #flags = new Map<number, FlagRow>();
  #vanished: string[] = [];
  /** Something came that nobody can read: a change may be in it. */
  unreadable = false;

  row({ uid, flags }: FetchRow): boolean {
    if (uid === 0 || flags === null) return false;
    this.#flags.set(uid, { uid, flags });
    return true;
  }

  untagged({ name, cursor }: Untagged): boolean {
    if (name !== 'VANISHED') return false;
    // "VANISHED (EARLIER) 300:310,405"; without EARLIER it is news, of this folder or of the one before.
    const [earlier, set] = cursor.values();
    if (Array.isArray(earlier) && typeof set === 'string') this.#vanished.push(set);
    return true;
  }

  malformed(): void {
    this.unreadable = true;
  }

  forget(): void {
    this.#flags.clear();
    this.#vanished = [];
  }

  get flags(): FlagRow[] {
    return [...this.#flags.values()].sort((a, b) => a.uid - b.uid);
  }

  /** null: too many to name. A server may say 1:4294967295 for all that is not there. */
  vanishedBelow(uidNext: number): number[] | null {
    const uids = expandBelow(this.#vanished.join(','), uidNext, MOST_VANISHED);
    if (this.#vanished.length === 0) return [];
    return uids === null ? null : ascending(uids);
  }
}

/** null: the server cannot tell. Opens the folder anew. */
export async function readChanges(
  line: SessionLine,
  path: string,
  { since, notEmpty }: { since: Since; notEmpty: boolean },
): Promise<FolderChanges | null> {
  if (since.highestModseq === '0') return null;
  if (line.qresync) {
    const changes = await byQresync(line, path, since);
    if (changes !== 'refused') return changes;
  }
  return line.condstore ? byCondstore(line, path, { since, notEmpty }) : null;
}

async function byQresync(line: SessionLine, path: string, since: Since): Promise<FolderChanges | null | 'refused'> {
  const news = new Changes();
  const { sent: folder } = await line.send(() => {
    // What comes next is about no other folder, whether the server says [CLOSED] or not.
    line.leave();
    line.enableQresync();
    const extension = ` (QRESYNC (${since.uidValidity} ${since.highestModseq}))`;
    return line.open(path, { mode: 'again', extension, news });
  });
  if ((await line.openedOrBad(folder)) === 'bad') {
    line.qresync = false;
    return 'refused';
  }
  if (!tells(folder, since) || news.unreadable) return null;
  const uidNext = folder.uidNext ?? (await line.askUidNext(path));
  return { ...folderFacts(folder, uidNext), flags: news.flags, vanished: news.vanishedBelow(uidNext) };
}

async function byCondstore(
  line: SessionLine,
  path: string,
  { since, notEmpty }: { since: Since; notEmpty: boolean },
): Promise<FolderChanges | null> {
  const changes = new Changes();
  const ask = (): Promise<string> =>
    line.ok(`UID FETCH 1:* (UID FLAGS) (CHANGEDSINCE ${since.highestModseq})`, changes);
  const open = (): SelectedFolder => line.open(path, { mode: 'again', extension: ' (CONDSTORE)' });
  const { sent } = notEmpty
    ? await line.send(() => ({ folder: open(), asked: ask() }))
    : {
        sent: await line.turn(async () => {
          const folder = open();
          await folder.opened;
          return { folder, asked: folder.exists > 0 ? ask() : Promise.resolve('') };
        }),
      };
  const { folder, asked } = sent;
  asked.catch(() => undefined);
  await folder.opened;
  if (!tells(folder, since)) return null;
  const text = folder.exists > 0 ? await asked : '';
  // RFC 9738: only a part of the changes.
  if (changes.unreadable || readResponseCode(text).name === 'MESSAGELIMIT') return null;
  const uidNext = folder.uidNext ?? (await line.askUidNext(path));
  return { ...folderFacts(folder, uidNext), flags: changes.flags, vanished: null };
}

/** A MODSEQ that went back: the folder was restored, and what changed before cannot be told from what did not. */
const tells = ({ uidValidity, highestModseq }: SelectedFolder, since: Since): boolean =>
  uidValidity === since.uidValidity && highestModseq !== null && BigInt(highestModseq) >= BigInt(since.highestModseq);

const folderFacts = (folder: SelectedFolder, uidNext: number) => ({
  uidValidity: folder.uidValidity,
  uidNext,
  exists: folder.exists,
  highestModseq: folder.highestModseq,
});
