import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { until } from '@mxodus/lab';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fleetTaskSchema } from '../../apps/cli/src/views/fleet-json.ts';
import { finish, summaryOf } from '../journey.ts';
import { type Fleet, startFleet, type Worker } from './fleet-world.ts';

let fleet: Fleet;

beforeAll(async () => {
  fleet = await startFleet({
    users: ['ann', 'bob', 'carl'],
    seed: { messagesPerUser: 30, seed: 66, medianBytes: 1500, hostile: false, folders: 2 },
  });
  expect(await fleet.run('plan')).toMatchObject({ code: 0 });
});
afterAll(() => fleet?.stop());

/** The config with other words in it, under another name. */
async function config(name: string, change: (text: string) => string): Promise<string> {
  await writeFile(join(fleet.dir, name), change(await readFile(join(fleet.dir, 'mxodus.yaml'), 'utf8')));
  return name;
}

it('check looks at the ledger and the queue as well, and goes on where one of them cannot be used', async () => {
  const fit = await fleet.run('check');
  expect(fit).toMatchObject({ code: 0, stdout: expect.stringContaining('; ledger and queue can be used.') });
  await fleet.redis.ask('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
  const { code, stdout, stderr } = await fleet.run('check');
  await fleet.redis.ask('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
  expect(code).toBe(2);
  expect(stdout).toContain('NOT READY: the queue cannot be used; no sign-in of 6 failed.');
  expect(stdout).toContain('QUEUE_UNSAFE');
  expect(stderr).toMatch(/ok {2}ledger {2}PostgreSQL \d+/);
});

describe('a worker does not start', () => {
  const refusal = async (...words: string[]): Promise<string> => {
    const { code, stderr } = await fleet.run('worker', '--listen', '127.0.0.1:0', ...words);
    expect(code).toBeGreaterThan(0);
    for (const secret of [fleet.redis.password, fleet.postgres.password]) expect(stderr).not.toContain(secret);
    return stderr;
  };
  const withUrl = async (which: 'redis' | 'postgres', url: string): Promise<string> => {
    await writeFile(join(fleet.dir, 'other.url'), url);
    return config('other.yaml', (text) => text.replace(`./${which}.url`, './other.url'));
  };

  it('where PostgreSQL refuses it, Redis is not there or may forget, or its address is taken', async () => {
    const { redis, postgres } = fleet;
    expect(await refusal('-c', await withUrl('postgres', postgres.url.replace(postgres.password, 'wrong')))).toContain(
      'LEDGER_REFUSED',
    );
    expect(await refusal('-c', await withUrl('redis', 'redis://127.0.0.1:1/0'))).toContain('QUEUE_UNREACHABLE');
    await redis.ask('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
    expect(await refusal('-c', 'mxodus.yaml')).toContain('QUEUE_UNSAFE');
    await redis.ask('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
    const other = createServer().listen(0, '127.0.0.1');
    await until('the address is taken', async () => other.listening);
    const taken = other.address();
    const at = `127.0.0.1:${taken !== null && typeof taken === 'object' ? taken.port : ''}`;
    expect(await refusal('-c', 'mxodus.yaml', '--listen', at)).toContain(`cannot listen at ${at}`);
    other.close();
  });

  it('with configs that name no fleet, or not one fleet', async () => {
    const inline = await config('inline.yaml', (text) => text.replace(/^queue:.*$/m, ''));
    expect(await refusal('-c', inline)).toContain('names no fleet');
    expect(await refusal('-c', 'mxodus.yaml', '-c', 'mxodus.yaml')).toContain('are of the same project');
    const elsewhere = await config('beta.yaml', (text) =>
      text.replace('project: acme', 'project: beta').replace('kind: bullmq,', 'kind: bullmq, fleet: other,'),
    );
    expect(await refusal('-c', 'mxodus.yaml', '-c', elsewhere)).toContain('name different fleets');
    expect((await fleet.run('status', '-c', 'mxodus.yaml', '-c', inline, fleet.plan)).stderr).toContain(
      '-c was given 2 times',
    );
  });
});

/** `sync` in a process of its own, and what it says on stderr. */
function follow(...options: string[]) {
  const child = fleet.spawn('sync', fleet.plan, ...options);
  let text = '';
  child.stderr?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return { child, said: () => text };
}

describe('a run of the fleet', () => {
  let worker: Worker;

  it('is ordered without a worker, with a warning, and waits; nobody else works on the project meanwhile', async () => {
    const ordered = await fleet.run('sync', fleet.plan, '--detach');
    expect(ordered).toMatchObject({ code: 0, stdout: expect.stringContaining('Run 1 is ordered') });
    expect(ordered.stderr).toContain('FLEET_WITHOUT_WORKERS');
    expect((await fleet.run('sync', fleet.plan, '--dry-run')).stderr).toContain('--queue inline');
    const other = await fleet.run('sync', fleet.plan, '--only-failed', '--detach');
    expect(other).toMatchObject({ code: 5, stderr: expect.stringMatching(/BUSY[\s\S]*run 1\b/) });
    const inline = await fleet.run('sync', fleet.plan, '--queue', 'inline');
    expect(inline).toMatchObject({ code: 5, stderr: expect.stringMatching(/BUSY[\s\S]*run 1 of the fleet/) });
    const status = await fleet.run('fleet', 'status', fleet.plan, '--json');
    expect(summaryOf(status)).toMatchObject({
      ...{ run: 1, run_state: 'running', mailboxes: 3, ended: 0, settled: 0, workers: 0, queue_answers: true },
    });
    const tasks = status.stdout.split('\n').slice(0, 3);
    expect(tasks.map((line) => fleetTaskSchema.parse(JSON.parse(line)).mailboxes[0]?.exit_code)).toEqual([
      null,
      null,
      null,
    ]);
  });

  it('rests while it is paused, goes on when it is told to, and is followed by the command that ordered it', async () => {
    expect(await fleet.run('fleet', 'pause', fleet.plan)).toMatchObject({ code: 0 });
    worker = await fleet.startWorker(2);
    expect((await fetch(`http://${worker.address}/readyz`)).status).toBe(200);
    expect(worker.log()).not.toContain('they are waited for');
    const { child, said } = follow('--json');
    const following = finish(child);
    await until('it follows', async () => said().includes('Run 1 is under way'), 60_000);
    expect(await fleet.run('fleet', 'first', fleet.plan, 'carl@example.test')).toMatchObject({ code: 0 });
    expect(await fleet.run('fleet', 'first', fleet.plan, 'nobody@example.test')).toMatchObject({ code: 2 });
    expect((await fleet.run('fleet', 'status', fleet.plan)).stdout).toContain('is paused');
    expect(await fleet.run('fleet', 'resume', fleet.plan)).toMatchObject({ code: 0 });
    const done = await following;
    expect(summaryOf(done)).toMatchObject({
      ...{ exit_code: 0, run: 1, source_messages: 90, buckets: { moved_now: 90 } },
    });
    const types = done.stdout.split('\n').map((line) => /"type":"(\w+)"/.exec(line)?.[1]);
    expect(types.filter((type) => type === 'mailbox_started' || type === 'mailbox_finished')).toHaveLength(6);
    expect(await fleet.differences()).toEqual([]);
    expect(worker.log()).not.toContain('@');
    const metrics = await (await fetch(`http://${worker.address}/metrics`)).text();
    expect(metrics).toContain('mxodus_messages_moved_total{project="acme"} 90');
    expect(metrics).not.toContain('example.test');
  });

  it('goes on when who follows it leaves; the worker stops with 0', async () => {
    expect(await worker.stop()).toBe(0);
    const { child, said } = follow();
    const left = finish(child);
    await until('it follows', async () => said().includes('Run 2 is ordered'), 60_000);
    child.kill('SIGINT');
    expect(await left).toMatchObject({ code: 130, stdout: expect.stringContaining('Run 2 goes on') });
    expect((await fleet.run('fleet', 'status', fleet.plan)).stdout).toContain('run 2 is running');
    expect(await fleet.run('fleet', 'cancel', fleet.plan)).toMatchObject({ code: 0 });
    expect((await fleet.run('fleet', 'pause', fleet.plan)).stderr).toContain('RUN_NOT_FOUND');
  });

  it('hands out no connections that a worker may have which the Redis of now does not know', async () => {
    const known = await fleet.startWorker(1);
    expect(known.log()).not.toContain('they are waited for');
    await fleet.redis.flushAll();
    const late = await fleet.startWorker(1);
    expect(late.log()).toContain('they are waited for');
    expect([await known.stop(), await late.stop()]).toEqual([0, 0]);
  });
});
