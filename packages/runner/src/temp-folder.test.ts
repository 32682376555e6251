import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { withTempFolder } from './temp-folder.ts';

let base: string;
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'mxt-'));
});
afterEach(async () => {
  await rm(base, { recursive: true, force: true });
});

async function leave(name: string): Promise<string> {
  await mkdir(join(base, name));
  await writeFile(join(base, name, 'message-1'), 'From: ann@old.example');
  return name;
}

it('is there for the work only, also for one that fails', async () => {
  const failing = withTempFolder(base, 'sync', async (folder) => {
    await writeFile(join(folder, 'message-1'), 'x');
    throw new Error('out of touch');
  });
  await expect(failing).rejects.toThrow('out of touch');
  expect(await readdir(base)).toEqual([]);
});

it('removes what a killed process of this machine left, and nothing of others', async () => {
  const { pid: dead } = spawnSync(process.execPath, ['--version']);
  await leave(`slice-${dead}@${hostname()}-aB3xY9`);
  const kept = await Promise.all([
    leave(`slice-${process.pid}@${hostname()}-aB3xY9`),
    leave(`slice-${dead}@another-machine-aB3xY9`),
    leave('dry-run-aB3xY9'),
  ]);
  await withTempFolder(base, 'slice', async () => undefined);
  expect((await readdir(base)).toSorted()).toEqual(kept.toSorted());
});
