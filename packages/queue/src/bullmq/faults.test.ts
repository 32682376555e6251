import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { JobSlice, QueuedJob, SliceEnd } from '@mxodus/model';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { aWhile, eventually, Stage } from '../contract/stage.test.support.ts';
import { startQueues, type TestQueues } from './queues.test.support.ts';

let queues: TestQueues;
beforeAll(async () => {
  queues = await startQueues();
});
afterAll(() => queues.close());
afterEach(() => queues.troubles.splice(0));

const DONE = { kind: 'done' } as const;
/** Locks are renewed twice a lockMs. */
const QUICK = { lockMs: 600, stalledMs: 150 };
const jobs = (...ids: string[]): QueuedJob[] => ids.map((id) => ({ id, connections: {} }));
const stageOf = () => new Stage<JobSlice, SliceEnd>();
const keyOf = (fleet: string, of: string): string => `{mxodus:${fleet}}:jobs:${of}`;

/** A worker with one job that runs. */
async function running(timings: Parameters<TestQueues['open']>[2] = {}) {
  const fleet = queues.newFleet();
  const queue = queues.open(fleet, {}, timings);
  const stage = stageOf();
  await queue.add(jobs('a'));
  queue.work(stage.handler, { atOnce: 3 });
  await eventually(() => expect(stage.running).toEqual(['a']));
  const slice = stage.jobs.get('a');
  if (slice === undefined) throw new Error('it runs');
  const renewals = async (times: number) => {
    for (let time = 0; time < times; time++) {
      // Shorter than it was: renewed at the next one.
      await queues.redis.pexpire(keyOf(fleet, 'a:lock'), QUICK.lockMs / 2);
      await eventually(async () =>
        expect(await queues.redis.pttl(keyOf(fleet, 'a:lock'))).toBeGreaterThan(QUICK.lockMs / 2),
      );
    }
  };
  return { fleet, queue, stage, slice, renewals };
}

it('shares the work among all queues of a fleet; what one of them says holds for all', async () => {
  const fleet = queues.newFleet();
  const [one, two, cli] = [queues.open(fleet, {}), queues.open(fleet, {}), queues.open(fleet, {})];
  const [first, second] = [stageOf(), stageOf()];
  one.work(first.handler, { atOnce: 2 });
  two.work(second.handler, { atOnce: 2 });
  await cli.add(jobs('a', 'b', 'c', 'd', 'e'));
  await eventually(() => expect([...first.running, ...second.running].toSorted()).toEqual(['a', 'b', 'c', 'd']));
  expect(first.running).toHaveLength(2);
  await cli.cancel(['a', 'b', 'c', 'd']);
  const slices = [...first.jobs.values(), ...second.jobs.values()];
  await eventually(() => expect(slices.map(({ signal }) => signal.aborted)).toEqual([true, true, true, true]));
  await cli.pause();
  for (const stage of [first, second]) for (const id of stage.running) await stage.end(id, { kind: 'later', inMs: 0 });
  await eventually(async () => expect(await one.jobs()).toEqual([{ id: 'e', state: 'waiting' }]));
  await aWhile();
  expect([...first.running, ...second.running]).toEqual([]);
  await Promise.all([one, two, cli].map((queue) => queue.close()));
  expect(queues.troubles).toEqual([]);
});

it('takes a job again at once that wants to go on at once, also when its other place was free for it', async () => {
  const { fleet, queue, stage } = await running();
  /** Of a job that is put off, BullMQ keeps the time times 4096. */
  const putOffMs = async (): Promise<number> => {
    const score = await queues.redis.zscore(keyOf(fleet, 'delayed'), 'a');
    return Number(score ?? 0) / 4096 - Date.now();
  };
  for (let round = 0; round < 50; round += 1) {
    await stage.end('a', { kind: 'later', inMs: 0 });
    await eventually(async () => {
      const longest = await putOffMs();
      expect(stage.running.length > 0 || longest > 1000).toBe(true);
    });
    expect(await putOffMs()).toBeLessThan(1000);
  }
  await queue.close();
});

it('gives the job of a killed worker to another one, unless it was cancelled meanwhile', async () => {
  const fleet = queues.newFleet();
  const queue = queues.open(fleet, {}, QUICK);
  await queue.add(jobs('a', 'b'));
  const path = fileURLToPath(new URL('./worker.test.support.ts', import.meta.url));
  const args = ['--conditions=mxodus-source', path, queues.server.url, fleet, QUICK.lockMs, QUICK.stalledMs].map(
    String,
  );
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  createInterface(child.stdout).on('line', (line) => lines.push(line));
  await eventually(() => expect(lines.toSorted()).toEqual(['a', 'b']));
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
  await queue.cancel(['b']);
  const stage = stageOf();
  queue.work(stage.handler, { atOnce: 2 });
  await stage.end('a', DONE);
  await eventually(async () => expect(await queue.jobs()).toEqual([]));
  expect(stage.started).toEqual(['a']);
  await queue.close();
});

it('stops a handler whose job another worker may have', async () => {
  const { fleet, queue, stage, slice } = await running(QUICK);
  await queues.redis.set(keyOf(fleet, 'a:lock'), 'another worker');
  await eventually(() => expect(slice.signal.reason).toMatchObject({ code: 'LEASE_LOST' }));
  await stage.end('a', DONE);
  await eventually(() =>
    expect(queues.troubles).toContainEqual({ jobId: null, error: expect.objectContaining({ code: 'LEASE_LOST' }) }),
  );
  await queue.close();
});

it('takes a lock again that ran out while nobody else took the job', async () => {
  const { fleet, queue, stage, slice, renewals } = await running({ ...QUICK, stalledMs: 60_000 });
  await queues.redis.del(keyOf(fleet, 'a:lock'));
  await eventually(async () => expect(await queues.redis.exists(keyOf(fleet, 'a:lock'))).toBe(1));
  await renewals(1);
  expect(slice.signal.aborted).toBe(false);
  await stage.end('a', DONE);
  await eventually(async () => expect(await queue.jobs()).toEqual([]));
  await queue.close();
});

it('goes on when Redis forgets everything: what runs ends, what is added again is not run twice at once', async () => {
  const { queue, stage, slice } = await running(QUICK);
  const before = queues.troubles.length;
  await queues.server.flushAll();
  expect(await queue.jobs()).toEqual([]);
  await new Promise((resolve) => setTimeout(resolve, QUICK.lockMs));
  await queue.add(jobs('a', 'b'));
  await stage.end('b', DONE);
  await eventually(async () => expect(await queue.jobs()).toEqual([{ id: 'a', state: 'later' }]));
  expect(slice.signal.aborted).toBe(false);
  await stage.end('a', DONE);
  // What it was done with is not known there: told, and not thrown.
  await eventually(() => expect(queues.troubles.length).toBeGreaterThan(before));
  expect(queues.troubles.map((trouble) => Reflect.get(Object(trouble), 'error'))).toContainEqual(
    expect.objectContaining({ code: 'LEASE_LOST' }),
  );
  expect(stage.started).toEqual(['a', 'b']);
  await queue.close();
});

it('goes on when Redis is restarted in the middle', async () => {
  // However long the restart takes, nobody else is there to be given the job.
  const { queue, stage, slice, renewals } = await running({ ...QUICK, stalledMs: 60_000 });
  const events: string[] = [];
  queue.onEvent(({ kind, id }) => void events.push(`${kind} ${id}`));
  await queues.server.restart();
  await queue.add(jobs('b'));
  await stage.end('b', DONE);
  await renewals(1);
  expect(slice.signal.aborted).toBe(false);
  await stage.end('a', DONE);
  await eventually(async () => expect(await queue.jobs()).toEqual([]));
  await eventually(() => expect(events).toEqual(expect.arrayContaining(['ended a', 'ended b'])));
  await queue.close();
});

it('does not wait for a Redis that is silent: commands say so, and a worker stops all the same', async () => {
  const { queue, stage, slice } = await running({ answerMs: 200 });
  const worker = queue.work(stage.handler, { atOnce: 1 });
  await queues.server.ask('CLIENT', 'PAUSE', '3000', 'ALL');
  await expect(queue.add(jobs('b'))).rejects.toMatchObject({ code: 'QUEUE_UNREACHABLE' });
  await worker.stop(50);
  const closed = queue.close();
  await eventually(() => expect(slice.signal.reason).toMatchObject({ code: 'INTERRUPTED' }));
  await stage.end('a', DONE);
  await closed;
});
