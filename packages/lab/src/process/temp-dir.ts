import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// Waits for the owner's end, then removes. Servers may still be writing while they stop, so it repeats until the folder
// stays away.
const REMOVER = `
cat >/dev/null
gone=0 n=0
while [ $gone -lt 3 ] && [ $n -lt 300 ]; do
  if [ -e "$1" ]; then gone=0; rm -rf -- "$1" 2>/dev/null; else gone=$((gone + 1)); fi
  [ $gone -lt 3 ] && sleep 0.05
  n=$((n + 1))
done
[ ! -e "$1" ]
`;

export interface TempDir {
  path: string;
  /** Removes the folder and all in it. Stop the servers inside first. Throws when something is left. */
  remove(): Promise<void>;
}

/**
 * Makes a folder that is removed when the owner process ends, even by kill -9. Its path is short (a Unix socket's path has
 * at most 108 bytes) and others may pass through it, since a server started by root gives up its rights.
 */
export async function makeTempDir(prefix = 'mxl-'): Promise<TempDir> {
  const path = await realpath(await mkdtemp(join(tmpdir(), prefix)));
  await chmod(path, 0o711);
  const remover = spawn('/bin/sh', ['-c', REMOVER, 'sh', path], {
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  const exited = once(remover, 'exit');
  remover.unref();
  const pipe = remover.stdin;
  if ('unref' in pipe && typeof pipe.unref === 'function') pipe.unref();
  return {
    path,
    remove: async () => {
      remover.ref();
      pipe.end();
      const [code] = await exited;
      if (code !== 0) throw new Error(`Could not remove ${path}.`);
    },
  };
}

/** Runs `body` with a folder of makeTempDir and removes it afterwards. */
export async function withTempDir<T>(body: (path: string) => Promise<T>): Promise<T> {
  const dir = await makeTempDir();
  try {
    return await body(dir.path);
  } finally {
    await dir.remove();
  }
}
