import { type FolderMapping, type FoldersToMap, mapFolders, namesToMake } from '@mxodus/engine';
import type { MailSession } from '@mxodus/model';

/** Names no server is known to refuse: short, of letters, digits, space, - and _, none beyond U+FFFF (Courier 5.0.13, 2026-11). */
const HARMLESS = /^(?:(?![\u{10000}-\u{10ffff}])[\p{L}\p{N} _-])+$/u;
const LONG_BYTES = 80;

/** As often as the engine has other names to offer, and once for the numbers of collisions. */
const ROUNDS = 9;

/** Maps the folders, asks the destination for each name that it might refuse, and maps again round those it does. */
export async function mapWithProbes(
  destination: MailSession,
  input: Omit<FoldersToMap, 'refused'>,
  signal: AbortSignal,
): Promise<FolderMapping[]> {
  const existing = new Set(input.destination.map((folder) => folder.path));
  const asked = new Set<string>();
  const refused = new Map<string, string>();
  for (let round = 0; round < ROUNDS; round += 1) {
    const doubtful = namesToMake({ ...input, refused }).filter(
      (path) => !existing.has(path) && !asked.has(path) && mayBeRefused(path, destination),
    );
    const before = refused.size;
    for (const path of doubtful) {
      signal.throwIfAborted();
      asked.add(path);
      const probe = await destination.probeName(path);
      if (probe.kind === 'refused') refused.set(path, withoutTimes(probe.why));
    }
    if (refused.size === before) break;
  }
  return mapFolders({ ...input, refused });
}

function mayBeRefused(path: string, { facts, keyed }: MailSession): boolean {
  // What is no IMAP server has names of its own (Calendar, Files), and knows them without being asked over the network.
  if (keyed !== null) return true;
  const { separator } = facts.namespace;
  const levels = separator === null ? [path] : path.split(separator);
  return (
    Buffer.byteLength(path) > LONG_BYTES || levels.some((level) => !HARMLESS.test(level) || level.trim() !== level)
  );
}

/** Dovecot ends its refusals with how long they took: equal audits say equal words. */
const withoutTimes = (words: string): string => words.replace(/ ?\([\d.]+ \+ [\d.]+( \+ [\d.]+)? secs\)\.?$/, '');
