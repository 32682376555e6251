import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type JournalEntry, MxodusError } from '@mxodus/model';

/**
 * SHA-256 of the line of the last of `entries`, whose chain was verified when they were read: who knows it can tell whether a line before
 * was changed since. null: there is no entry. Throws STATE_CORRUPT when the file has fewer lines now.
 */
export async function journalDigest(path: string, entries: readonly JournalEntry[]): Promise<string | null> {
  if (entries.length === 0) return null;
  // A run may be adding lines: it is the line of the last entry that counts, not the last line.
  const line = (await readFile(path, 'utf8')).split('\n')[entries.length - 1];
  if (line !== undefined && line !== '') return createHash('sha256').update(line).digest('hex');
  throw new MxodusError('STATE_CORRUPT', {
    what: 'the journal of the cutover became shorter while it was read',
    why: `it had ${entries.length} entries a moment ago`,
    advice: 'restore the file from a backup',
    where: path,
  });
}
