import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HOSTILE_KINDS, seedMaildirs, withTempDir } from '@mxodus/lab';
import { type CorpusFile, corpusFile } from './corpus-files.ts';

/** The lab's messages that programs get wrong, every kind once or more, as they lie in a Maildir. */
export async function hostileFiles(): Promise<CorpusFile[]> {
  return await withTempDir(async (home) => {
    const server = { home: () => home, layout: 'fs' as const };
    const messagesPerUser = 2 * HOSTILE_KINDS.length;
    const truth = await seedMaildirs({ server, users: ['hostile'], messagesPerUser, seed: 1, hostile: true });
    const messages = Object.values(truth.users.hostile?.folders ?? {}).flatMap((folder) => folder.messages);
    const kindOf = new Map(messages.map(({ sha256, kind }) => [sha256, kind]));
    const entries = await readdir(home, { recursive: true, withFileTypes: true });
    const paths = entries
      .filter((entry) => entry.isFile() && entry.name.includes('.lab,'))
      .map((entry) => join(entry.parentPath, entry.name));
    const files = await Promise.all(paths.sort().map(async (path) => corpusFile(path, await readFile(path))));
    return files.map((file) => ({ ...file, path: kindOf.get(file.servedSha256) ?? file.path }));
  });
}
