import { MxodusError, type Relocated } from '@mxodus/model';
import { flagRows } from './folder-uids.ts';
import { expandUidSet, readUidSet, sequenceSets } from './sequence-set.ts';
import { refusal, type SessionLine } from './session-line.ts';
import { searchUids } from './uid-search.ts';
import { readResponseCode, type Untagged } from './untagged.ts';
import type { Listener, TaggedAnswer } from './wire.ts';

/** Moves, copies and removals inside one account (RFC 6851, RFC 4315). */

/** So that the uid-sets of the answer stay short. */
const MOST_AT_ONCE = 2000;

const setsOf = (line: SessionLine, uids: readonly number[]): string[] =>
  sequenceSets(uids, Math.min(line.messageLimit ?? Infinity, MOST_AT_ONCE));

/** Collects `[COPYUID 38505 304,319:320 3956:3958]`, tagged or not. */
class CopiedUids implements Listener {
  uidValidity: number | null = null;
  readonly uids = new Map<number, number>();

  untagged({ name, cursor }: Untagged): boolean {
    if (name !== 'OK') return false;
    return this.#code(cursor.rest());
  }

  answered({ status, text }: TaggedAnswer): void {
    if (status === 'OK') this.#code(text);
  }

  #code(text: string): boolean {
    const { name, argument } = readResponseCode(text);
    if (name !== 'COPYUID') return false;
    const [uidValidity = '', from = '', to = ''] = argument.split(' ');
    if (!/^\d+$/.test(uidValidity) || sizeOf(from) !== sizeOf(to) || sizeOf(from) > MOST_AT_ONCE) return true;
    this.uidValidity = Number(uidValidity);
    const target = expandUidSet(to);
    for (const [index, uid] of expandUidSet(from).entries()) this.uids.set(uid, target[index] ?? 0);
    return true;
  }
}

/** How many UIDs a uid-set names; NaN when it is not one. */
const sizeOf = (set: string): number =>
  readUidSet(set)?.reduce((sum, { low, high }) => sum + high - low + 1, 0) ?? Number.NaN;

export async function copyMessages(
  line: SessionLine,
  { path, uids, to }: { path: string; uids: readonly number[]; to: string },
): Promise<Relocated> {
  const copied = new CopiedUids();
  if (uids.length > 0) {
    await line.open(path, { mode: 'keep' }).opened;
    for (const set of setsOf(line, uids)) await relocate(line, { verb: 'COPY', set, to, copied });
  }
  return { uidValidity: copied.uidValidity, uids: copied.uids, leftMarked: false };
}

export async function moveMessages(
  line: SessionLine,
  { path, uids, to }: { path: string; uids: readonly number[]; to: string },
): Promise<Relocated> {
  const copied = new CopiedUids();
  let leftMarked = false;
  if (uids.length > 0) {
    await line.open(path, { mode: 'keep', writable: true }).opened;
    const verb = line.has('MOVE') ? 'MOVE' : 'COPY';
    for (const set of setsOf(line, uids)) await relocate(line, { verb, set, to, copied });
    // Only what was copied may be removed: a UID the server does not name was not there, or came to be gone.
    const gone = copied.uids.size > 0 ? uids.filter((uid) => copied.uids.has(uid)) : uids;
    if (verb === 'COPY') leftMarked = (await removeMessages(line, path, gone)) === 'marked';
  }
  return { uidValidity: copied.uidValidity, uids: copied.uids, leftMarked };
}

async function relocate(
  line: SessionLine,
  { verb, set, to, copied }: { verb: 'COPY' | 'MOVE'; set: string; to: string; copied: CopiedUids },
): Promise<void> {
  line.onWrite(verb);
  const answer = await line.answer(`UID ${verb} ${set} ${line.names.quoted(to)}`, copied);
  if (answer.status === 'OK') return;
  const { name, text } = readResponseCode(answer.text);
  if (name !== 'TRYCREATE' && name !== 'NONEXISTENT') throw line.error(refusal(answer), verb);
  throw new MxodusError('FOLDER_REFUSED', {
    what: `the folder "${to}" is not there: "${text}"`,
    why: 'it was deleted or renamed',
    advice: 'the same command again makes it anew',
    where: line.where,
    cause: refusal(answer),
  });
}

/** Removes these messages and no others. */
export async function removeMessages(
  line: SessionLine,
  path: string,
  uids: readonly number[],
): Promise<'expunged' | 'marked'> {
  if (uids.length === 0) return 'expunged';
  const folder = line.open(path, { mode: 'keep', writable: true });
  await folder.opened;
  const sets = setsOf(line, uids);
  for (const set of sets) {
    line.onWrite('STORE');
    await line.ok(`UID STORE ${set} +FLAGS.SILENT (\\Deleted)`);
  }
  if (line.has('UIDPLUS')) {
    for (const set of sets) {
      line.onWrite('EXPUNGE');
      await line.ok(`UID EXPUNGE ${set}`);
    }
    return 'expunged';
  }
  // Plain EXPUNGE removes whatever is marked, by whomever.
  const ours = new Set(uids);
  const marked = await searchUids(line, { keys: 'DELETED', folder });
  if (marked.some((uid) => !ours.has(uid))) return 'marked';
  // Servers without UIDPLUS are old, and what their SEARCH does not find may be there (Exchange 2010).
  const rows = await flagRows(line, { from: 1 }, folder);
  const others = rows.list.some(({ uid, flags }) => !ours.has(uid) && flags.some(isDeleted));
  if (others || rows.unreadable > 0) return 'marked';
  line.onWrite('EXPUNGE');
  await line.ok('EXPUNGE');
  return 'expunged';
}

const isDeleted = (flag: string): boolean => flag.toLowerCase() === '\\deleted';
