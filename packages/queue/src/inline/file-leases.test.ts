import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { fileLeases } from './file-leases.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mxodus-leases-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const HOLDER = `
  import { fileLeases } from ${JSON.stringify(new URL('./file-leases.ts', import.meta.url).href)};
  await fileLeases(process.argv[1], 'mxodus sync acme.plan.json').acquire('acme');
  console.log('held');
  setInterval(() => {}, 1000);
`;

/** A real process that takes the lease and keeps it. */
async function otherProcess() {
  const child = spawn(process.execPath, ['--conditions=mxodus-source', '--input-type=module', '-e', HOLDER, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const [line] = await once(createInterface(child.stdout), 'line');
  expect(line).toBe('held');
  return {
    pid: child.pid,
    async kill(): Promise<void> {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

it('is taken and given back', async () => {
  const leases = fileLeases(folder, 'mxodus sync');
  const lease = await leases.acquire('acme');
  await lease.release();
  await lease.release();
  await (await leases.acquire('acme')).release();
});

it('is held by one of two in the same process', async () => {
  const leases = fileLeases(folder, 'mxodus sync');
  const lease = await leases.acquire('acme');
  await expect(leases.acquire('acme')).rejects.toMatchObject({ code: 'BUSY', exitCode: 5 });
  await (await leases.acquire('other')).release();
  await lease.release();
});

it('says who holds it, and ends with the process that held it, by kill -9 too', async () => {
  const other = await otherProcess();
  try {
    const refused = fileLeases(folder, 'mxodus sync').acquire('acme');
    await expect(refused).rejects.toMatchObject({
      code: 'BUSY',
      what: 'another mxodus works on "acme"',
      why: expect.stringMatching(
        new RegExp(`^process ${other.pid} on \\S+ runs "mxodus sync acme.plan.json" since \\d{4}-`),
      ),
    });
    expect(fileLeases(folder, 'mxodus status').holder('acme')).toMatchObject({ pid: other.pid });
  } finally {
    await other.kill();
  }
  expect(fileLeases(folder, 'mxodus status').holder('acme')).toBeNull();
  const lease = await fileLeases(folder, 'mxodus sync').acquire('acme');
  expect(JSON.parse(readFileSync(join(folder, 'acme.holder.json'), 'utf8'))).toMatchObject({ pid: process.pid });
  await lease.release();
});

it('keeps a name with a slash inside the folder', async () => {
  const lease = await fileLeases(folder, 'mxodus sync').acquire('../acme/ann@example.com');
  expect(readFileSync(join(folder, '..%2Facme%2Fann%40example.com.holder.json'), 'utf8')).toContain('mxodus sync');
  await lease.release();
});

it('says what is wrong when the folder cannot be made', async () => {
  writeFileSync(join(folder, 'file'), '');
  await expect(fileLeases(join(folder, 'file'), 'mxodus sync').acquire('acme')).rejects.toMatchObject({
    code: 'STATE_UNWRITABLE',
    exitCode: 2,
  });
});
