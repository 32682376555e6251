import { spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { firstLine } from './first-line.ts';
import type { CopyTask, Tool } from './tool.ts';

export function imapsync(file: string): Tool {
  const version = `imapsync ${firstLine(spawnSync(file, ['--version'], { encoding: 'utf8' }))}`;
  const doNothing = { file, args: ['--version'] };
  return { name: 'imapsync', version, doNothing, inexact: [], prepare: (task) => prepare(file, task) };
}

/** Without what only costs time here: release check, log file, sizes of all folders before and after. */
async function prepare(file: string, { home, source, destination }: CopyTask) {
  await mkdir(home, { recursive: true });
  const [first, second] = [join(home, 'passfile1'), join(home, 'passfile2')];
  await writeFile(first, `${source.password}\n`);
  await writeFile(second, `${destination.password}\n`);
  const ends = [
    ['--host1', '127.0.0.1', '--port1', String(source.port), '--user1', source.user, '--passfile1', first],
    ['--host2', '127.0.0.1', '--port2', String(destination.port), '--user2', destination.user, '--passfile2', second],
  ].flat();
  const lean = ['--nossl1', '--notls1', '--nossl2', '--notls2', '--nolog', '--noreleasecheck', '--nofoldersizes'];
  const args = [...ends, ...lean, '--nofoldersizesatend', '--syncduplicates', '--tmpdir', home];
  return { pass: { file, args, cwd: home }, setUpSeconds: 0 };
}
