import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readMailbox, signedIn } from './imap/read-mailbox.ts';
import { startLab } from './lab.ts';
import { withTempDir } from './process/temp-dir.ts';
import { until } from './process/until.ts';

interface ProcessRow {
  pid: number;
  parent: number;
  /** Tells a process from a later one with the same pid. */
  startedAt: string;
  state: string;
}

function processes(): ProcessRow[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const fields = readFileSync(`/proc/${name}/stat`, 'utf8')
          .replace(/^.*\) /s, '')
          .split(' ');
        return [{ pid: Number(name), parent: Number(fields[1]), startedAt: fields[19] ?? '', state: fields[0] ?? '' }];
      } catch {
        // It ended between the two calls.
        return [];
      }
    });
}

function descendantsOf(pid: number, all = processes()): ProcessRow[] {
  return all.filter(({ parent }) => parent === pid).flatMap((row) => [row, ...descendantsOf(row.pid, all)]);
}

function stillThere(rows: readonly ProcessRow[]): ProcessRow[] {
  const now = processes().filter(({ state }) => state !== 'Z');
  return rows.filter((row) => now.some(({ pid, startedAt }) => pid === row.pid && startedAt === row.startedAt));
}

test('a lab starts, works, stops, and leaves neither process nor folder', async () => {
  const before = new Set(descendantsOf(process.pid).map(({ pid }) => pid));
  const lab = await startLab({ users: ['ann'] });
  expect(existsSync(lab.dir)).toBe(true);
  await signedIn(lab.old, 'ann', lab.password, (connection) => connection.command('CREATE "v1.2 release"'));
  await signedIn(lab.new, `ann*${lab.master.user}`, lab.master.password, (connection) =>
    connection.command('CREATE Sent'),
  );
  expect(Object.keys(await readMailbox(lab.old, 'ann', lab.password)).sort()).toEqual(['INBOX', 'v1.2 release']);
  const started = descendantsOf(process.pid).filter(({ pid }) => !before.has(pid));
  expect(started.length).toBeGreaterThan(10);
  await lab.stop();
  await until('all processes have ended', () => stillThere(started).length === 0);
  expect(existsSync(lab.dir)).toBe(false);
});

test('a lab that cannot start cleans up', async () => {
  const before = new Set(descendantsOf(process.pid).map(({ pid }) => pid));
  await expect(startLab({ new: { extra: 'nonsense = 1' } })).rejects.toThrow('nonsense');
  await until('all processes have ended', () => descendantsOf(process.pid).every(({ pid }) => before.has(pid)));
});

test('withTempDir removes its folder, also when the body fails', async () => {
  let path = '';
  const failing = withTempDir(async (dir) => {
    path = dir;
    throw new Error('as planned');
  });
  await expect(failing).rejects.toThrow('as planned');
  expect(path).not.toBe('');
  expect(existsSync(path)).toBe(false);
});

test.each(['SIGKILL', 'SIGINT'] as const)(
  'an owner ended by %s takes its servers and its folder with it',
  async (signal) => {
    const program = `
    const { startLab, signedIn } = await import(${JSON.stringify(new URL('./index.ts', import.meta.url).href)});
    const lab = await startLab({ users: ['ann'] });
    await signedIn(lab.old, 'ann', lab.password, async (connection) => {
      await connection.command('NOOP');
      process.stdout.write(lab.dir + '\\n');
      await new Promise(() => setInterval(() => undefined, 1000));
    });
  `;
    const flags = ['--conditions=mxodus-source', '--input-type=module', '--eval', program];
    const owner = spawn(process.execPath, flags, { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = await once(owner.stdout, 'data');
    const dir = String(line).trim();
    const servers = descendantsOf(owner.pid ?? -1);
    expect(servers.length).toBeGreaterThan(15);
    expect(existsSync(dir)).toBe(true);
    owner.kill(signal);
    await once(owner, 'exit');
    await until('all servers have ended', () => stillThere(servers).length === 0);
    await until('the folder is gone', () => !existsSync(dir));
  },
);
