import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { until } from '@mxodus/lab';
import { MxodusError } from '@mxodus/model';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type FleetServer, startFleetServer } from '../redis-governor/redis.test.support.ts';
import { redisReservations } from './redis-reservations.ts';
import type { Reservations } from './reservations.ts';

const TTL_MS = 3000;
const LIMITS: Readonly<Record<string, number>> = { old: 5, new: 3, far: 2 };

let server: FleetServer;
const opened: Reservations[] = [];

/** One worker, over a connection of its own. */
function worker(options: { fleet?: string; ttlMs?: number } = {}): Reservations {
  const { fleet = 'test', ttlMs = TTL_MS } = options;
  const made = redisReservations(server.connect(), {
    fleet,
    limits: (key) => LIMITS[key] ?? (key.startsWith('k') ? 2 : 1),
    ttlMs,
  });
  opened.push(made);
  return made;
}

/** Asks until it is granted. */
async function taken(reservations: Reservations, job: string, needs: Readonly<Record<string, number>>): Promise<void> {
  const granted = async (): Promise<boolean> => {
    try {
      return await reservations.take(job, needs);
    } catch (error) {
      if (error instanceof MxodusError && error.code === 'QUEUE_UNREACHABLE') return false;
      throw error;
    }
  };
  while (!(await granted())) await sleep(10);
}

beforeAll(async () => {
  server = await startFleetServer();
  const first = worker();
  await first.trust(await first.memory());
});
afterAll(async () => {
  await Promise.all(opened.map((one) => one.close()));
  await server.stop();
});

it('never exceeds a limit: 3 workers, 60 jobs, and a Redis that loses its memory in the middle', async () => {
  const workers = [worker(), worker(), worker()];
  // Has its connections all the time, also while nobody remembers it.
  const keeper = worker();
  await taken(keeper, 'keeper', { old: 2, new: 1 });
  const used = new Map<string, number>([
    ['old', 2],
    ['new', 1],
  ]);
  const most = new Map<string, number>();
  const count = (needs: Record<string, number>, by: number): void => {
    for (const [key, n] of Object.entries(needs)) {
      used.set(key, (used.get(key) ?? 0) + by * n);
      most.set(key, Math.max(most.get(key) ?? 0, used.get(key) ?? 0));
    }
  };
  let seed = 11;
  const next = (below: number): number => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
  const jobs = Array.from({ length: 60 }, (_, index) => ({
    id: `t${index}`,
    needs: Object.fromEntries(
      Object.entries({ old: 3, new: 2, far: 2 })
        .map(([key, free]) => [key, next(free + 1)] as const)
        .filter(([, n]) => n > 0),
    ),
  }));
  let ended = 0;
  const run = async (mine: Reservations): Promise<void> => {
    for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
      await taken(mine, job.id, job.needs);
      count(job.needs, 1);
      await sleep(5 + next(30));
      ended += 1;
      if (ended === 30) await server.flushAll();
      count(job.needs, -1);
      await mine.giveBack(job.id);
    }
  };
  await Promise.all(workers.flatMap((one) => [run(one), run(one), run(one)]));
  await keeper.giveBack('keeper');
  expect(ended).toBe(60);
  expect(Object.fromEntries(most)).toEqual({ old: 5, new: 3, far: 2 });
});

it('gives what a job has already again, and what it wants at most as far as the server goes', async () => {
  const [one, two] = [worker(), worker()];
  await taken(one, 'whole', { h1: 99 });
  expect(await one.take('whole', { h1: 99 })).toBe(true);
  expect(await two.take('other', { h1: 1 })).toBe(false);
  await one.giveBack('whole');
  expect(await two.take('other', { h1: 1 })).toBe(true);
  expect(await one.take('whole', { h1: 1 })).toBe(false);
  await Promise.all([one.giveBack('whole'), two.giveBack('other')]);
});

it('counts a job for each worker that has it: the one before may still be connected', async () => {
  const [one, two] = [worker(), worker()];
  await taken(one, 'same', { h2: 1 });
  expect(await two.take('same', { h2: 1 })).toBe(false);
  await one.giveBack('same');
  expect(await two.take('same', { h2: 1 })).toBe(true);
  await two.giveBack('same');
});

it('lets neither a large nor a small job be overtaken for ever, and passes those that wait for a busy server', async () => {
  const [one, two] = [worker(), worker()];
  await taken(one, 'small-1', { old: 1 });
  await taken(one, 'small-2', { old: 1 });
  expect(await two.take('large', { old: 4 })).toBe(false);
  expect(await one.take('small-3', { old: 1, new: 1 })).toBe(false);
  expect(await one.take('elsewhere', { new: 2 })).toBe(true);
  await one.giveBack('small-1');
  expect(await one.take('small-3', { old: 1, new: 1 })).toBe(false);
  expect(await two.take('large', { old: 4 })).toBe(true);
  await one.giveBack('small-2');
  expect(await two.take('large-2', { old: 4 })).toBe(false);
  expect(await one.take('small-3', { old: 1, new: 1 })).toBe(true);
  const jobs = ['small-3', 'elsewhere', 'large', 'large-2'];
  await Promise.all([one, two].flatMap((each) => jobs.map((job) => each.giveBack(job))));
});

it('forgets who does not ask again, and who gives its place back', async () => {
  const [one, two] = [worker(), worker({ ttlMs: 300 })];
  await taken(one, 'some', { old: 3 });
  expect(await two.take('large', { old: 4 })).toBe(false);
  expect(await one.take('small', { old: 1 })).toBe(false);
  await taken(one, 'small', { old: 1 });
  expect(await one.take('large', { old: 4 })).toBe(false);
  expect(await two.take('small-2', { old: 1 })).toBe(false);
  await two.giveBack('large');
  expect(await two.take('small-2', { old: 1 })).toBe(true);
  await Promise.all([one.giveBack('some'), one.giveBack('small'), two.giveBack('small-2')]);
});

it('tells the workers when something is free again', async () => {
  const [one, two] = [worker(), worker()];
  await taken(one, 'busy', { h3: 1 });
  expect(await two.take('next', { h3: 1 })).toBe(false);
  let free = false;
  const stop = two.onFree(() => {
    free = true;
  });
  await one.giveBack('busy');
  await until('two heard of it', () => free);
  stop();
  await taken(two, 'next', { h3: 1 });
  await two.giveBack('next');
});

describe('a worker that is gone', () => {
  const SHORT_MS = 600;

  /** A process that has a job with both connections of a server, and what it says. */
  async function holder(job: string, key: string) {
    const script = fileURLToPath(new URL('./holder.test.support.ts', import.meta.url));
    const child = spawn(
      process.execPath,
      ['--conditions=mxodus-source', script, server.url, String(SHORT_MS), job, key, '2'],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    onTestFinished(() => void child.kill('SIGKILL'));
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    const heard = async (): Promise<unknown> => (await lines.next()).value;
    expect(await heard()).toBe(`held ${job}`);
    return { child, heard };
  }

  it('keeps its connections while it lives, and no longer than the ttl', async () => {
    const { child } = await holder('killed', 'k1');
    const other = worker({ ttlMs: SHORT_MS });
    await sleep(2 * SHORT_MS);
    expect(await other.take('after', { k1: 1 })).toBe(false);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await taken(other, 'after', { k1: 1 });
    await other.giveBack('after');
  });

  it('that was only frozen learns that others have them now', async () => {
    const { child, heard } = await holder('frozen', 'k2');
    const other = worker({ ttlMs: SHORT_MS });
    child.kill('SIGSTOP');
    await taken(other, 'after', { k2: 1 });
    child.kill('SIGCONT');
    expect(await heard()).toBe('lost frozen');
    await other.giveBack('after');
  });
});

it('does not wait for a Redis that is away, and tells it again what it has when it is back', async () => {
  const [one, two] = [worker(), worker()];
  const lost: string[] = [];
  one.onLost((job) => lost.push(job));
  await taken(one, 'through', { h4: 1 });
  await taken(one, 'ended', { h5: 1 });
  const restarted = server.restart();
  await until('Redis is away', async () => (await server.ask('PING').catch(() => '')) !== '+PONG');
  await one.giveBack('ended');
  await restarted;
  await taken(two, 'settled', { h5: 1 });
  expect(await two.take('late', { h4: 1 })).toBe(false);
  await one.giveBack('through');
  await taken(two, 'late', { h4: 1 });
  expect(lost).toEqual([]);
});

it('grants nothing after a loss until all was told or has expired, unless somebody knows that nothing is missing', async () => {
  const [one, two] = [worker({ fleet: 'anew', ttlMs: 600_000 }), worker({ fleet: 'anew', ttlMs: 600_000 })];
  const before = await one.memory();
  expect(await one.take('early', { h7: 1 })).toBe(false);
  await server.flushAll();
  const after = await two.memory();
  expect(after).not.toBe(before);
  await one.trust(before);
  expect(await one.take('early', { h7: 1 })).toBe(false);
  await two.trust(after);
  expect(await one.take('early', { h7: 1 })).toBe(true);
  await one.giveBack('early');
});

it('refuses at once where there is no connection any more', async () => {
  const redis = server.connect();
  const mine = redisReservations(redis, { fleet: 'test', limits: () => 1, ttlMs: 600_000 });
  opened.push(mine);
  // What needs nothing need not wait for the first moments of a Redis to pass.
  await taken(mine, 'through', {});
  redis.disconnect();
  await expect(mine.take('late', { h6: 1 })).rejects.toMatchObject({ code: 'QUEUE_UNREACHABLE' });
  await mine.giveBack('through');
  const needs = async (): Promise<string[]> => server.connect().hkeys('{mxodus:test}:reservations:needs');
  const hasIt = async (): Promise<boolean> => (await needs()).some((member) => member.startsWith('through'));
  expect(await hasIt()).toBe(true);
  await redis.connect();
  await until('it was given back', async () => !(await hasIt()));
});
