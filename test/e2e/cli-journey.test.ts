import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { finish, type Journey, startJourney, summaryOf } from '../journey.ts';

/** What a migration engineer types, with the real command line and real servers. */

let journey: Journey;
afterEach(() => journey.stop());

const PLAN = 'acme.plan.json';

it('goes from check to report, and a second sync sends nothing', async () => {
  const seed = { messagesPerUser: 60, seed: 3, largestBytes: 200_000 };
  journey = await startJourney({
    users: ['ann', 'bob'],
    seed,
    config: 'sync: { settle: 2s, folders: { exclude: [Junk] } }\n',
  });

  const check = await journey.run('check');
  expect(check).toMatchObject({ code: 0, stdout: expect.stringMatching(/^READY: 2 servers reached, all 4 sign-ins/) });
  expect(check.stderr).toContain('check ok  ann@example.test  source old as ann');

  const plan = await journey.run('plan');
  expect(plan).toMatchObject({ code: 0, stdout: expect.stringMatching(/Next: {2}mxodus sync acme\.plan\.json\n$/) });

  const dry = summaryOf(await journey.run('sync', PLAN, '--dry-run', '--json'));
  expect(dry).toMatchObject({ exit_code: 0, destination_writes: 0, dry_run: true });

  const first = await journey.run('sync', PLAN);
  expect(first).toMatchObject({ code: 0, stdout: expect.stringMatching(/^COMPLETE: all \d+ messages of 2 mailboxes/) });
  const again = summaryOf(await journey.run('sync', PLAN, '--json'));
  expect(again).toMatchObject({ exit_code: 0, destination_writes: 0, bytes: 0, buckets: { moved_now: 0 } });
  expect(dry.buckets).toMatchObject({ moved_now: (again.buckets as { moved_before: number }).moved_before });

  const verify = await journey.run('verify', PLAN, '--level', 'bytes');
  expect(verify).toMatchObject({ code: 0, stdout: expect.stringMatching(/^EQUAL: .*: 0 differences\./) });

  const status = summaryOf(await journey.run('status', PLAN, '--json'));
  expect(status).toMatchObject({ exit_code: 0, lag: 0, not_moved: 0, in_doubt: 0, moved: status.source_messages });

  const report = await journey.run('report', PLAN, '--html', 'report.html');
  expect(report).toMatchObject({ code: 0, stdout: expect.stringContaining('COMPLETE: all') });
  expect(await readFile(join(journey.dir, 'report.html'), 'utf8')).toContain('<b>COMPLETE</b>');

  await expectNoSecrets([check, plan, first, verify, report].map(({ stdout, stderr }) => stdout + stderr));
});

it('says what differs after somebody changed the destination', async () => {
  journey = await startJourney({ users: ['ann'], seed: { messagesPerUser: 20, seed: 4, hostile: false } });
  await journey.run('plan');
  const verify = await journey.run('verify', PLAN);
  expect(verify).toMatchObject({ code: 3, stdout: expect.stringMatching(/^DIFFERENT: .*\n {2}\+ ann@example\.test/) });
  expect(summaryOf(await journey.run('verify', PLAN, '--json'))).toMatchObject({ exit_code: 3 });
});

it('goes on with the other mailboxes when one has a wrong password, and ends with 4', async () => {
  journey = await startJourney({
    users: ['ann', 'bob'],
    seed: { messagesPerUser: 10, seed: 5, hostile: false },
    new: { users: { bob: 'another-one' } },
  });
  const plan = await journey.run('plan');
  expect(plan).toMatchObject({ code: 4, stdout: expect.stringContaining('NO PLAN: 1 of 2 mailboxes') });
  expect(plan.stderr.match(/error AUTH_FAILED/g)).toHaveLength(1);
  const check = summaryOf(await journey.run('check', '--json'));
  expect(check).toMatchObject({ exit_code: 4, logins: 4, failed: 1 });
});

describe('signals', () => {
  const MANY = { messagesPerUser: 2000, seed: 6, hostile: false, largestBytes: 100_000 };

  async function startSync(): Promise<{
    child: ChildProcess;
    ended: ReturnType<typeof finish>;
    copying: Promise<void>;
  }> {
    journey = await startJourney({ users: ['ann'], seed: MANY });
    expect(await journey.run('plan')).toMatchObject({ code: 0 });
    const child = journey.spawn('sync', PLAN, '--json');
    const copying = new Promise<void>((resolve) => {
      child.stdout?.on('data', (chunk: Buffer) => {
        if (chunk.includes('"type":"progress"')) resolve();
      });
    });
    return { child, ended: finish(child), copying };
  }

  it('end a sync safely at the first Ctrl-C, and the same command resumes', async () => {
    const { child, ended, copying } = await startSync();
    await copying;
    child.kill('SIGINT');
    const stopped = await ended;
    expect(stopped.stderr).toContain('Stopping: finishing what is in flight. Ctrl-C again to leave now.');
    expect(summaryOf(stopped)).toMatchObject({ command: 'sync', exit_code: 130, buckets: { in_doubt: 0 } });
    const resumed = summaryOf(await journey.run('sync', PLAN, '--json'));
    expect(resumed).toMatchObject({ exit_code: 0 });
    expect((resumed.buckets as { moved_before: number }).moved_before).toBeGreaterThan(0);
    expect(await journey.differences()).toEqual([]);
  });

  it('show how far it is on SIGUSR2, and status shows it to others meanwhile', async () => {
    const { child, ended, copying } = await startSync();
    await copying;
    // Held in the middle of its work, for the others to have all the time they need.
    child.kill('SIGSTOP');
    const status = await journey.run('status', PLAN);
    expect(status.stdout).toContain(`(process ${child.pid}`);
    expect(await journey.run('sync', PLAN)).toMatchObject({ code: 5, stderr: expect.stringContaining('error BUSY') });
    child.kill('SIGUSR2');
    child.kill('SIGCONT');
    const { code, stderr } = await ended;
    expect([code, stderr]).toEqual([0, expect.stringContaining('1 of 1 mailbox active')]);
  });

  it('leave at once at the second Ctrl-C; nothing is lost or doubled by it', async () => {
    const { child, ended, copying } = await startSync();
    await copying;
    child.kill('SIGINT');
    if (child.stderr !== null) await once(child.stderr, 'data');
    await new Promise((resolve) => setTimeout(resolve, 600));
    child.kill('SIGINT');
    expect((await ended).code).toBe(130);
    expect(summaryOf(await journey.run('sync', PLAN, '--json'))).toMatchObject({ exit_code: 0 });
    expect(await journey.differences()).toEqual([]);
  });
});

async function expectNoSecrets(output: readonly string[]): Promise<void> {
  const state = await readdir(join(journey.dir, '.mxodus'), { recursive: true, withFileTypes: true });
  const files = state.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  files.push(join(journey.dir, PLAN), join(journey.dir, 'report.html'));
  expect(files.length).toBeGreaterThan(2);
  const texts = [...output, ...(await Promise.all(files.map((file) => readFile(file, 'latin1'))))];
  for (const secret of journey.secrets) expect(texts.filter((text) => text.includes(secret))).toEqual([]);
}
