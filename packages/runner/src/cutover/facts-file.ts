import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { CutoverFacts } from '@mxodus/engine';
import { factsSchema } from './facts-schema.ts';
import type { FactsFile } from './ports.ts';

/** The last answers, as JSON. They can be asked for again, so a file of another version or a torn one is as good as none. */
export function factsFile(path: string): FactsFile {
  return {
    read: async () => {
      const parsed = factsSchema.safeParse(await jsonOf(path));
      return parsed.success ? parsed.data : null;
    },
    write: async (facts: CutoverFacts) => {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(`${path}.new`, JSON.stringify(facts), { mode: 0o600 });
      await rename(`${path}.new`, path);
    },
  };
}

async function jsonOf(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
