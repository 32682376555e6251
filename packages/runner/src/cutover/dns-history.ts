import { type FileHandle, mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { HistoryRow } from '@mxodus/engine';
import { type Delegation, MxodusError, RR_TYPES, sameRecords } from '@mxodus/model';
import { z } from 'zod';
import type { DnsHistory } from './ports.ts';

/** A row is added this often although nothing changed: it proves that the server was still asked. */
const AGAIN_MS = 24 * 3_600_000;

const rowSchema = z.strictObject({
  name: z.string(),
  type: z.enum([...RR_TYPES, 'NS', 'DS']),
  at: z.number(),
  server: z.string(),
  ttl: z.int(),
  records: z.array(z.string()),
});

/**
 * One JSON line a row, added at the end and on disk when `note` resolves. A line a crash left torn is dropped when it is read, and the next
 * row begins a line of its own: nothing is ever cut off, since `status` may add rows beside a run. Throws STATE_CORRUPT for anything
 * else that is no row.
 */
export function dnsHistory(path: string): DnsHistory {
  let writing: Promise<unknown> = Promise.resolve();
  const note = async (rows: readonly HistoryRow[]): Promise<void> => {
    const text = await readText(path);
    const added = newRows(parse(text, path), rows);
    if (added.length === 0) return;
    const lines = added.map((row) => `${JSON.stringify(row)}\n`).join('');
    await append(path, text === '' || text.endsWith('\n') ? lines : `\n${lines}`);
  };
  return {
    rows: async () => {
      await writing;
      return parse(await readText(path), path);
    },
    note: (rows) => {
      const noted = writing.then(() => note(rows));
      writing = noted.catch(() => undefined);
      return noted;
    },
  };
}

/** What the parent and the servers of each zone said about its NS and DS. */
export async function noteDelegations(
  history: DnsHistory,
  delegations: readonly Delegation[],
  now: number,
): Promise<void> {
  const rows = delegations.flatMap(({ zone, parent, ds, child }): HistoryRow[] => [
    ...(parent === null ? [] : [{ name: zone, type: 'NS' as const, at: now, server: 'parent', ...parent }]),
    ...(ds === null ? [] : [{ name: zone, type: 'DS' as const, at: now, server: 'parent', ...ds }]),
    ...child.flatMap(({ server: { address, port }, ns }) =>
      ns === null ? [] : [{ name: zone, type: 'NS' as const, at: now, server: `${address}:${port}`, ...ns }],
    ),
  ]);
  await history.note(rows);
}

function newRows(known: readonly HistoryRow[], rows: readonly HistoryRow[]): HistoryRow[] {
  const last = new Map(known.map((row) => [keyOf(row), row]));
  return rows.filter((row) => {
    const before = last.get(keyOf(row));
    const isNew =
      before === undefined ||
      before.ttl !== row.ttl ||
      !sameRecords(before.records, row.records) ||
      row.at - before.at >= AGAIN_MS;
    if (isNew) last.set(keyOf(row), row);
    return isNew;
  });
}

function keyOf({ server, name, type }: HistoryRow): string {
  return `${server} ${name} ${type}`;
}

function parse(text: string, path: string): HistoryRow[] {
  return text.split('\n').flatMap((line, index) => {
    // A row ends with its brace: without it, it was torn.
    if (!line.endsWith('}')) return [];
    try {
      return [rowSchema.parse(JSON.parse(line))];
    } catch (cause) {
      throw new MxodusError('STATE_CORRUPT', {
        what: 'the history of DNS cannot be trusted',
        why: `line ${index + 1} is not a row of this version`,
        advice: 'restore the file from a backup, or move it away: then waits count only what is seen from now on',
        where: path,
        cause,
      });
    }
  });
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return '';
    throw new MxodusError('STATE_CORRUPT', {
      what: 'the history of DNS cannot be read',
      why: error instanceof Error ? error.message : String(error),
      advice: 'make the file readable',
      where: path,
      cause: error,
    });
  }
}

async function append(path: string, lines: string): Promise<void> {
  const folder = dirname(path);
  try {
    await mkdir(folder, { recursive: true });
    await using(await open(path, 'a', 0o600), async (file) => {
      await file.appendFile(lines);
      await file.sync();
    });
    // The name of a new file is durable only when its folder is.
    await using(await open(folder, 'r'), (file) => file.sync());
  } catch (cause) {
    throw new MxodusError(['ENOSPC', 'EDQUOT'].includes(codeOf(cause) ?? '') ? 'DISK_FULL' : 'STATE_UNWRITABLE', {
      what: 'the history of DNS cannot be written',
      why: cause instanceof Error ? cause.message : String(cause),
      advice: 'repair that, then run the same command',
      where: path,
      cause,
    });
  }
}

async function using(file: FileHandle, use: (file: FileHandle) => Promise<void>): Promise<void> {
  try {
    await use(file);
  } finally {
    await file.close();
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
