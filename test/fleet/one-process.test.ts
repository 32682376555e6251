import { inlineQueue } from '@mxodus/queue';
import { fleetFeeder, runResult, tasksOf } from '@mxodus/runner';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type InProcess, startInProcess } from './in-process.ts';

const USERS = ['ann', 'bob', 'cid', 'dan', 'eve'];
const MESSAGES = 60;
const LARGE = 1500;
const ALL = LARGE + MESSAGES * (USERS.length - 1);

let world: InProcess;
beforeAll(async () => {
  world = await startInProcess({
    users: USERS,
    seed: { messagesPerUser: MESSAGES, seed: 6, hostile: false, folders: 6, medianBytes: 4000 },
    messagesOf: { ann: LARGE },
    limits: '{ connections: 40, connections_per_mailbox: 6 }',
  });
});
afterAll(() => world.stop());

it('slices of 200 ms, a large mailbox shared out, and a worker that is stopped in the middle: exact', async () => {
  const own = { sliceMs: 200, spreadFrom: 1000 };
  const workers = await Promise.all(['one', 'two', 'three'].map((name) => world.worker(name, own)));
  const [one, two, three] = workers;
  if (one === undefined || two === undefined || three === undefined) throw new Error('there are three');
  const { runs } = one.store;
  const { plan } = world;
  await one.store.ledger('acme');
  const tasks = tasksOf(plan);
  const { run } = await runs.order({ project: 'acme', plan, tasks, onlyFailed: false, appendOnly: false });
  const ends: string[] = [];
  const queue = inlineQueue({ kold: 40, knew: 40 });
  const over = new AbortController();
  const ports = [one, two].map((worker) => ({ ...worker.ports, queue, projects: ['acme'] }));
  const feeding = ports.map((of) => fleetFeeder(of).run(over.signal));
  const work = ({ handler }: typeof one) =>
    queue.work(
      async (slice) => {
        const end = await handler(slice);
        ends.push(`${slice.id} ${end.kind}`);
        return end;
      },
      { atOnce: 2 },
    );
  const [first, second] = [work(one), work(two)];
  await expect.poll(() => ends.some((end) => end.includes('-f')), { timeout: 60_000, interval: 20 }).toBe(true);
  await first.stop(10_000);
  const third = work(three);
  await expect.poll(async () => (await runs.run(run.id))?.state, { timeout: 90_000, interval: 50 }).toBe('finished');
  over.abort();
  await Promise.all([second.stop(10_000), third.stop(10_000), ...feeding]);

  expect(workers.flatMap(({ troubles }) => troubles)).toEqual([]);
  expect(ends.filter((end) => end === 't5 after')).toHaveLength(1);
  expect(ends.filter((end) => end.endsWith('later')).length).toBeGreaterThan(2);
  const ended = await runs.run(run.id);
  expect(ended).not.toBeNull();
  expect(ended && runResult(ended, await runs.tasks(run.id), new Date())).toMatchObject({
    exitCode: 0,
    sourceMessages: ALL,
    buckets: { moved_now: ALL, moved_before: 0, already_there: 0, cannot: 0, failed: 0, in_doubt: 0 },
  });
  expect(await world.differences()).toEqual([]);
});
