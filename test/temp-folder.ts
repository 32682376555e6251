import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MEMORY = '/dev/shm';
const GIB = 2 ** 30;

/**
 * Where the tests have their servers' files: in memory where there is much of it, since on a disk a third of the suite's system time
 * goes into making and removing small files. Whoever sets TMPDIR is obeyed.
 */
export function testFolder(): string {
  return !('TMPDIR' in process.env) && isRoomy() && runsPrograms() ? MEMORY : tmpdir();
}

function isRoomy(): boolean {
  if (!existsSync(MEMORY)) return false;
  const { bavail, bsize } = statfsSync(MEMORY);
  return bavail * bsize > 4 * GIB && process.availableMemory() > 8 * GIB;
}

/** Containers often have it read-only, or without the right to run what is in it; tests write small programs. */
function runsPrograms(): boolean {
  const program = join(MEMORY, `mxl-${process.pid}`);
  try {
    writeFileSync(program, '#!/bin/sh\nexit 0\n', { mode: 0o755 });
    return spawnSync(program).status === 0;
  } catch {
    return false;
  } finally {
    rmSync(program, { force: true });
  }
}
