import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type CutoverRequest, cutoverRequestSchema, MxodusError } from '@mxodus/model';
import type { RequestBox } from './ports.ts';

/** Requests as files, in the order they were made. A name never ends in .json before the file is whole. */
export function requestBox(folder: string): RequestBox {
  return {
    waiting: async () => {
      const names = (await namesIn(folder)).filter((name) => name.endsWith('.json')).sort();
      const found = await Promise.all(names.map(async (id) => ({ id, request: await read(join(folder, id)) })));
      return found.flatMap(({ id, request }) => (request === null ? [] : [{ id, request }]));
    },
    done: (id) => rm(join(folder, id), { force: true }),
  };
}

/** Leaves a request for the run, wherever it is. Returns its id: it is gone from `waiting` once the journal has it. */
export async function leaveRequest(
  folder: string,
  { request, now }: { request: CutoverRequest; now: number },
): Promise<string> {
  const id = `${String(now).padStart(15, '0')}-${randomUUID()}.json`;
  await mkdir(folder, { recursive: true });
  const draft = join(folder, `${id}.draft`);
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(JSON.stringify(request));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, join(folder, id));
  return id;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

/** null: the run took it in this moment. */
async function read(path: string): Promise<CutoverRequest | null> {
  try {
    return cutoverRequestSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return null;
    throw new MxodusError('STATE_CORRUPT', {
      what: 'a request to the cutover cannot be read',
      why: 'the file is not one that mxodus wrote',
      advice: 'remove the file, then ask again',
      where: path,
      cause,
    });
  }
}
