import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open, readFile, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type JournalEntry, type JournalNote, journalEntrySchema, MxodusError } from '@mxodus/model';

/**
 * The journal of a cutover: one JSON line an entry, each with the SHA-256 of the line before, on disk before the action it announces.
 * A last line without its newline was torn by a crash: what it announces was not begun, so it is dropped. Anything else that does not
 * fit is an error. Only one process may write; the caller holds the lock.
 */
export interface CutoverJournal {
  readonly entries: readonly JournalEntry[];
  /** Something about the file the user should know, such as a torn line that was dropped. */
  readonly notice: string | null;
  append(note: JournalNote, time: number): Promise<JournalEntry>;
}

const NO_LINE_BEFORE = '0'.repeat(64);

/** The entries only; a journal that is not there is empty. */
export async function readJournal(path: string): Promise<JournalEntry[]> {
  return parse(await readText(path), path).entries;
}

export async function openJournal(path: string): Promise<CutoverJournal> {
  const parsed = parse(await readText(path), path);
  const { entries } = parsed;
  let last = parsed.lastHash;
  /** A line may be there in part, or whole and not be known: one after it would follow the wrong one. Who opens it again looks. */
  let isUncertain = false;
  if (parsed.torn > 0) await writing(path, () => truncate(path, parsed.goodBytes));
  return {
    entries,
    notice: parsed.torn > 0 ? `the last ${parsed.torn} bytes of ${path} were torn by a crash and dropped` : null,
    append: async (note, time) => {
      const entry: JournalEntry = {
        seq: entries.length + 1,
        time: new Date(time).toISOString(),
        ...note,
        prev: last,
      };
      const line = JSON.stringify(entry);
      if (isUncertain) throw uncertain(path);
      isUncertain = true;
      await writing(path, () => appendDurably(path, `${line}\n`));
      isUncertain = false;
      entries.push(entry);
      last = hash(line);
      return entry;
    },
  };
}

interface Parsed {
  entries: JournalEntry[];
  lastHash: string;
  goodBytes: number;
  torn: number;
}

function parse(text: string, path: string): Parsed {
  const good = text.slice(0, text.lastIndexOf('\n') + 1);
  const entries: JournalEntry[] = [];
  let lastHash = NO_LINE_BEFORE;
  for (const line of good.split('\n').slice(0, -1)) {
    const entry = parseLine(line, { path, number: entries.length + 1 });
    if (entry.prev !== lastHash || entry.seq !== entries.length + 1) {
      throw corrupt(
        path,
        entries.length + 1,
        'it does not follow the line before: lines were changed, removed or added',
      );
    }
    entries.push(entry);
    lastHash = hash(line);
  }
  const goodBytes = Buffer.byteLength(good);
  return { entries, lastHash, goodBytes, torn: Buffer.byteLength(text) - goodBytes };
}

function parseLine(line: string, { path, number }: { path: string; number: number }): JournalEntry {
  try {
    return journalEntrySchema.parse(JSON.parse(line));
  } catch (cause) {
    throw corrupt(path, number, 'the line is not an entry of this version', cause);
  }
}

function uncertain(path: string): MxodusError {
  return new MxodusError('STATE_UNWRITABLE', {
    what: 'the journal of the cutover cannot be written any more',
    why: 'a line before could not be written, and how much of it is there is not known',
    advice: 'repair that, then run the same command',
    where: path,
  });
}

function corrupt(path: string, line: number, why: string, cause?: unknown): MxodusError {
  return new MxodusError('STATE_CORRUPT', {
    what: `the journal of the cutover cannot be trusted from line ${line} on`,
    why,
    advice: 'restore the file from a backup. Do not delete it: it says which changes were made to the MX',
    where: `${path}, line ${line}`,
    cause,
  });
}

function hash(line: string): string {
  return createHash('sha256').update(line).digest('hex');
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return '';
    throw new MxodusError('STATE_CORRUPT', {
      what: 'the journal of the cutover cannot be read',
      why: error instanceof Error ? error.message : String(error),
      advice: 'make the file readable',
      where: path,
      cause: error,
    });
  }
}

async function appendDurably(path: string, line: string): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  await usingFile(await open(path, 'a', 0o600), async (file) => {
    await file.appendFile(line);
    await file.sync();
  });
  // The name of a new file is durable only when its folder is.
  await usingFile(await open(folder, 'r'), (file) => file.sync());
}

async function usingFile(file: FileHandle, use: (file: FileHandle) => Promise<void>): Promise<void> {
  try {
    await use(file);
  } finally {
    await file.close();
  }
}

async function writing(path: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (cause) {
    const full = ['ENOSPC', 'EDQUOT'].includes(codeOf(cause) ?? '');
    throw new MxodusError(full ? 'DISK_FULL' : 'STATE_UNWRITABLE', {
      what: 'the journal of the cutover cannot be written',
      why: cause instanceof Error ? cause.message : String(cause),
      advice: 'repair that, then run the same command: nothing is done that is not in the journal',
      where: path,
      cause,
    });
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
