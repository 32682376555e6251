import { execFile, spawnSync } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeTempDir, type TempDir } from '@mxodus/lab';
import { fileLeases } from '@mxodus/queue';
import { hashPlan } from '@mxodus/runner';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../config/load-config.ts';
import { capturedTerminal } from '../output/captured-terminal.ts';
import { planOf } from '../views/sample-plan.ts';
import { runCli } from './run-cli.ts';

/** The real command line without any server: in this process, or as a child where that makes a difference. */

const CLI = new URL('../../bin/mxodus.mjs', import.meta.url).pathname;

const CONFIG = `version: 1
project: acme
servers:
  old: { kind: imap, host: 127.0.0.1, port: 1, tls: none }
  new: { kind: imap, host: 127.0.0.1, port: 1, tls: none }
mailboxes:
  - { address: ann@example.com, source: old, password: { env: PW }, destination: { password: { env: PW } } }
assign:
  - { match: "*", to: new }
`;

let temp: TempDir;
beforeEach(async () => {
  temp = await makeTempDir();
  await writeFile(join(temp.path, 'mxodus.yaml'), CONFIG);
});
afterEach(() => temp.remove());

interface Finished {
  code: number;
  stdout: string;
  stderr: string;
}

async function mxodus(args: readonly string[], before?: readonly string[]): Promise<Finished> {
  if (before !== undefined) return spawned(args, before);
  const home = process.cwd();
  process.chdir(temp.path);
  process.env.PW = 'secret';
  try {
    const terminal = capturedTerminal({ env: { ...process.env, NO_COLOR: '1' } });
    const signal = new AbortController().signal;
    const onOutput = () => undefined;
    const code = await runCli(args, { terminal, signal, now: () => new Date(), version: '0.1.0', onOutput });
    return { code, ...terminal.text };
  } finally {
    process.chdir(home);
  }
}

/** @param before a program that starts it, with its arguments */
function spawned(args: readonly string[], before: readonly string[] = []): Promise<Finished> {
  const [program = process.execPath, ...rest] = [...before, process.execPath, CLI, ...args];
  const env = { ...process.env, PW: 'secret', NO_COLOR: '1', NODE_OPTIONS: '' };
  return new Promise((resolve) => {
    execFile(program, rest, { cwd: temp.path, env }, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code;
      resolve({ code: typeof code === 'number' ? code : -1, stdout, stderr });
    });
  });
}

const lines = (stdout: string): unknown[] =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

/** A plan of the config above that is fresh, as `mxodus plan` would write it. */
async function freshPlan(): Promise<void> {
  const { sha256: config_sha256 } = await loadConfig(join(temp.path, 'mxodus.yaml'));
  const plan = { ...planOf(['ann@example.com'], 3), config_sha256 };
  await writeFile(join(temp.path, 'acme.plan.json'), JSON.stringify({ ...plan, sha256: hashPlan(plan) }));
}

describe('a command line that is wrong', () => {
  it.each<[string, string[], number, string]>([
    [
      'an unknown option',
      ['sync', 'x', '--jsno'],
      2,
      "error USAGE\n  what  unknown option '--jsno'\n  why   Did you mean --json?",
    ],
    ['an unknown command', ['snyc'], 2, "error USAGE\n  what  unknown command 'snyc'\n  why   Did you mean sync?"],
    ['a missing argument', ['sync'], 2, "error USAGE\n  what  missing required argument 'plan'"],
    ['an argument too many', ['status', 'a', 'b'], 2, 'error USAGE\n  what  too many arguments'],
    [
      'a wrong choice',
      ['verify', 'x', '--level', 'all'],
      2,
      "error USAGE\n  what  option '--level <how>' argument 'all'",
    ],
    ['a missing config', ['check', '-c', 'no.yaml'], 2, 'error CONFIG_NOT_FOUND  no.yaml\n'],
    ['a missing plan', ['sync', 'no.json'], 2, 'error PLAN_NOT_FOUND  no.json\n'],
    [
      'a page in a folder that is not there',
      ['report', 'acme.plan.json', '--html', 'no/report.html'],
      2,
      'error USAGE\n',
    ],
    ['a pattern that fits no mailbox', ['sync', 'acme.plan.json', '--mailbox', 'bob@*'], 2, 'error USAGE\n'],
  ])('ends with its own code and says what to do: %s', async (_, args, code, start) => {
    await freshPlan();
    const finished = await mxodus(args);
    expect(finished).toMatchObject({ code, stdout: args[0] === 'report' ? expect.anything() : '' });
    expect(finished.stderr).toContain(start);
    expect(finished.stderr).toMatch(/\n {2}do {4}\S/);
  });

  it('prints the help without a command', async () => {
    const { code, stdout, stderr } = await mxodus([]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^Usage: mxodus/);
    expect(stderr).not.toMatch(/^error/m);
  });

  it.each([['--help'], ['--version'], ['help', 'sync']])('is right with %s', async (...args) => {
    expect(await mxodus(args)).toMatchObject({ code: 0, stderr: '' });
  });

  it('names every problem of a config', async () => {
    await writeFile(
      join(temp.path, 'mxodus.yaml'),
      CONFIG.replace('project: acme', 'projct: acme').replace('port: 1', 'port: x'),
    );
    const { code, stderr } = await mxodus(['check']);
    expect(code).toBe(2);
    expect(stderr.match(/^error CONFIG_INVALID {2}mxodus.yaml:\d+/gm)?.length).toBeGreaterThanOrEqual(2);
  });
});

describe('a plan', () => {
  it('that was edited is refused', async () => {
    await freshPlan();
    const path = join(temp.path, 'acme.plan.json');
    await writeFile(path, (await readFile(path, 'utf8')).replace('"messages":3', '"messages":4'));
    expect(await mxodus(['sync', 'acme.plan.json'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('error PLAN_EDITED  acme.plan.json\n'),
    });
  });

  it('of a config that changed since is refused with 6', async () => {
    await freshPlan();
    await writeFile(join(temp.path, 'mxodus.yaml'), `${CONFIG}sync: { folders: { exclude: [Junk] } }\n`);
    expect(await mxodus(['sync', 'acme.plan.json'])).toMatchObject({
      code: 6,
      stderr: expect.stringContaining('error PLAN_STALE'),
    });
  });

  it('without its config says how to name it', async () => {
    await freshPlan();
    await rm(join(temp.path, 'mxodus.yaml'));
    const { code, stderr } = await mxodus(['sync', 'acme.plan.json']);
    expect([code, stderr]).toEqual([2, expect.stringContaining('do    name the config with -c FILE')]);
  });
});

describe('--json', () => {
  it('ends with a summary line when the command failed', async () => {
    const { code, stdout, stderr } = await mxodus(['sync', 'no.json', '--json']);
    expect([code, stderr]).toEqual([2, '']);
    expect(lines(stdout)).toEqual([
      expect.objectContaining({ v: 1, type: 'error', code: 'PLAN_NOT_FOUND', do: expect.any(String) }),
      {
        v: 1,
        type: 'summary',
        command: 'sync',
        exit_code: 2,
        source_messages: 0,
        buckets: { already_there: 0, moved_before: 0, moved_now: 0, cannot: 0, failed: 0, in_doubt: 0, excluded: 0 },
        destination_writes: 0,
        bytes: 0,
        duration_ms: 0,
      },
    ]);
  });

  it('ends with a summary line when the command line is wrong', async () => {
    const { code, stdout, stderr } = await mxodus(['sync', '--json', '--nope']);
    expect([code, stderr]).toEqual([2, '']);
    expect(lines(stdout)).toEqual([
      expect.objectContaining({ type: 'error', code: 'USAGE' }),
      { v: 1, type: 'summary', command: 'sync', exit_code: 2 },
    ]);
  });

  it('is what --progress json means', async () => {
    const { stdout } = await mxodus(['check', '-c', 'no.yaml', '--progress', 'json']);
    expect(lines(stdout).at(-1)).toEqual(expect.objectContaining({ type: 'summary', command: 'check', exit_code: 2 }));
  });

  it.each(['config', 'plan', 'events'])('describes itself: schema %s', async (what) => {
    const { code, stdout } = await mxodus(['schema', what]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toHaveProperty('$schema');
  });
});

describe('servers that cannot be reached', () => {
  it('end a check, a plan and a sync with 5, whatever else could be done', async () => {
    await freshPlan();
    for (const args of [['check'], ['plan', '-o', 'other.json'], ['sync', 'acme.plan.json']]) {
      const { code, stderr } = await mxodus(args);
      expect([args[0], code]).toEqual([args[0], 5]);
      expect(stderr).toContain('error SERVER_UNREACHABLE');
    }
  });
});

describe('the state folder', () => {
  const nobody = process.getuid?.() === 0 ? ['runuser', '-u', 'nobody', '--'] : [];

  it('that cannot be written ends a sync with 2', async () => {
    await freshPlan();
    await mkdir(join(temp.path, '.mxodus'), { mode: 0o555 });
    expect(await mxodus(['sync', 'acme.plan.json'], nobody)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('error STATE_UNWRITABLE'),
    });
  });

  it('that is a file ends a sync with 2', async () => {
    await freshPlan();
    await writeFile(join(temp.path, '.mxodus'), '');
    expect(await mxodus(['sync', 'acme.plan.json'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('error STATE_UNWRITABLE'),
    });
  });

  it('with a ledger that is none ends every command that needs it with 2', async () => {
    await freshPlan();
    await mkdir(join(temp.path, '.mxodus'));
    await writeFile(join(temp.path, '.mxodus', 'ledger.db'), 'not a database'.repeat(500));
    for (const verb of ['sync', 'status', 'report']) {
      expect(await mxodus([verb, 'acme.plan.json'])).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('error STATE_CORRUPT'),
      });
    }
  });

  const UNSHARE = ['unshare', '--user', '--map-root-user', '--mount'];
  const canMount = spawnSync(UNSHARE[0] ?? '', [...UNSHARE.slice(1), 'true']).status === 0;

  it.skipIf(!canMount)('on a full disk ends a sync with 5', async () => {
    await freshPlan();
    const state = join(temp.path, '.mxodus');
    await mkdir(state);
    const fill = `mount -t tmpfs -o size=64k tmpfs ${state} && head -c 64k /dev/zero > ${state}/full; exec "$@"`;
    expect(await mxodus(['sync', 'acme.plan.json'], [...UNSHARE, 'sh', '-c', fill, 'sh'])).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('error DISK_FULL'),
    });
  });

  it('is for one sync at a time: the second ends with 5 and says who works', async () => {
    await freshPlan();
    const lease = await fileLeases(join(temp.path, '.mxodus', 'locks'), 'mxodus sync acme.plan.json').acquire('acme');
    try {
      expect(await mxodus(['sync', 'acme.plan.json'])).toMatchObject({
        code: 5,
        stderr: expect.stringMatching(
          new RegExp(
            `error BUSY\\n.*\\n  why   process ${process.pid} on \\S+ runs "mxodus sync acme.plan.json" since `,
          ),
        ),
      });
      expect(await mxodus(['status', 'acme.plan.json'])).toMatchObject({
        code: 0,
        stdout: expect.stringContaining(`running   mxodus sync acme.plan.json (process ${process.pid}`),
      });
    } finally {
      await lease.release();
    }
  });

  it('is not made by commands that only read', async () => {
    await freshPlan();
    for (const verb of ['status', 'report']) expect(await mxodus([verb, 'acme.plan.json'])).toMatchObject({ code: 0 });
    await expect(readFile(join(temp.path, '.mxodus'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
