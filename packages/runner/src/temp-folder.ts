import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

/**
 * Large messages on their way, in a folder of this process: `<purpose>-<pid>@<host>-XXXXXX`. It is removed when the work ends; what a
 * killed process left is removed by the next one of this machine, so that nobody's mail stays on a disk.
 */
export async function withTempFolder<T>(
  base: string,
  purpose: string,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  await mkdir(base, { recursive: true });
  await removeAbandoned(base);
  const folder = await mkdtemp(join(base, `${purpose}-${process.pid}@${hostname()}-`));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function removeAbandoned(base: string): Promise<void> {
  for (const name of await readdir(base)) {
    const [, pid, host] = /^[a-z]+-(\d+)@(.+)-[^-]{6}$/.exec(name) ?? [];
    // Of other machines, and of containers beside this one, which see other processes, nothing is known.
    if (pid === undefined || host !== hostname() || isAlive(Number(pid))) continue;
    await rm(join(base, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, as another user.
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}
