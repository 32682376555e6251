import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MEMORY = '/dev/shm';
const GIB = 2 ** 30;

/** Of this run; short, since Unix sockets are below it. */
const OWN = join(MEMORY, `mxl-${process.pid}`);

/**
 * Where the tests have their servers' files: in memory where there is much of it, since on a disk a third of the suite's system time
 * goes into making and removing small files. Whoever sets TMPDIR is obeyed.
 */
export function testFolder(): string {
  return !('TMPDIR' in process.env) && isRoomy() && runsPrograms() ? OWN : tmpdir();
}

/** Makes it; what is returned removes it, with all that tests have left there. */
export function openTestFolder(): () => void {
  if (testFolder() !== OWN) return () => undefined;
  // Of runs that were killed: memory is not given back by itself.
  for (const name of readdirSync(MEMORY).filter((one) => /^mxl-\d+$/.test(one))) {
    if (!existsSync(`/proc/${name.slice(4)}`)) remove(join(MEMORY, name));
  }
  mkdirSync(OWN, { recursive: true });
  // Servers that gave up root's rights, and programs run as somebody else, have their own files there.
  chmodSync(OWN, 0o1777);
  return () => remove(OWN);
}

const remove = (folder: string): void =>
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });

function isRoomy(): boolean {
  if (!existsSync(MEMORY)) return false;
  const { bavail, bsize } = statfsSync(MEMORY);
  return bavail * bsize > 4 * GIB && process.availableMemory() > 8 * GIB;
}

/** Containers often have it read-only, or without the right to run what is in it; tests write small programs. */
function runsPrograms(): boolean {
  const program = `${OWN}.sh`;
  try {
    writeFileSync(program, '#!/bin/sh\nexit 0\n', { mode: 0o755 });
    return spawnSync(program).status === 0;
  } catch {
    return false;
  } finally {
    rmSync(program, { force: true });
  }
}
