import { readFileSync } from 'node:fs';
import { type PostgresServer, startPostgres } from '@mxodus/lab';
import {
  type FencedLease,
  type FleetStore,
  noMessages,
  planSchema,
  type RunOrder,
  type TaskResult,
} from '@mxodus/model';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openFleetStore } from './fleet-store.ts';

const PLAN = planSchema.parse(
  JSON.parse(readFileSync(new URL('../../../../plans/small-office.plan.json', import.meta.url), 'utf8')),
);
const RESULT: TaskResult = {
  exitCode: 0,
  sourceMessages: 3,
  buckets: { ...noMessages(), moved_now: 3 },
  destinationWrites: 1,
  bytes: 300,
  flagsChanged: 0,
  error: null,
};

let server: PostgresServer;
let store: FleetStore;
let lease: FencedLease;
let projects = 0;
let order: RunOrder;

beforeAll(async () => {
  server = await startPostgres({ fsync: false });
  store = await openFleetStore({ url: server.url, holder: 'test', connections: 3 });
  lease = await store.leases.acquire('acme/1');
});
afterAll(async () => {
  await store.close();
  await server.stop();
});
beforeEach(() => {
  projects += 1;
  order = {
    project: `p${projects}`,
    plan: PLAN,
    tasks: [
      { addresses: ['ann@example.com', 'old-ann@example.com'], messages: 30, wave: 50 },
      { addresses: ['bob@example.com'], messages: 3, wave: 1 },
    ],
    onlyFailed: false,
    appendOnly: false,
  };
});

describe('an order', () => {
  it('is a run with its tasks in their order, and the plan', async () => {
    const { run, isNew } = await store.runs.order(order);
    expect({ isNew, ...run }).toMatchObject({ isNew: true, project: order.project, state: 'running', endedAt: null });
    const tasks = await store.runs.tasks(run.id);
    expect(
      tasks.map(({ mailboxes, messages, wave, ended }) => [mailboxes.map((one) => one.address), messages, wave, ended]),
    ).toEqual(order.tasks.map(({ addresses, messages, wave }) => [addresses, messages, wave, false]));
    expect(await store.runs.plan(PLAN.sha256)).toEqual(PLAN);
    expect((await store.runs.open()).map(({ id }) => id)).toContain(run.id);
  });

  it('given again is the same run, also by several at once; another one is refused while it is open', async () => {
    const asked = await Promise.all([store.runs.order(order), store.runs.order(order), store.runs.order(order)]);
    expect(new Set(asked.map(({ run }) => run.id)).size).toBe(1);
    expect(asked.filter(({ isNew }) => isNew)).toHaveLength(1);
    await expect(store.runs.order({ ...order, onlyFailed: true })).rejects.toMatchObject({ code: 'BUSY' });
    await expect(store.runs.order({ ...order, appendOnly: true })).rejects.toMatchObject({ code: 'BUSY' });
    await store.runs.setState(asked[0].run.id, 'cancelled');
    expect(await store.runs.order({ ...order, onlyFailed: true })).toMatchObject({ isNew: true });
  });

  it('of nothing is finished at once', async () => {
    const { run } = await store.runs.order({ ...order, tasks: [] });
    expect(run.state).toBe('finished');
  });
});

describe('a run', () => {
  it('ends with its last mailbox; what was noted of each is kept', async () => {
    const { run } = await store.runs.order(order);
    const [first, second] = await store.runs.tasks(run.id);
    const [one, two] = [first?.id ?? 0, second?.id ?? 0];
    await store.runs.notePass(lease, one, 'ann@example.com', 7);
    const progress = {
      settled: 1,
      messages: 3,
      bytes: 9,
      destinationWrites: 1,
      flagsChanged: 0,
      wait: null,
      worker: 'w1',
    };
    await store.runs.noteProgress(lease, one, 'ann@example.com', progress);
    await store.runs.endMailbox(lease, one, 'ann@example.com', RESULT);
    expect(await store.runs.task(one)).toMatchObject({
      ended: false,
      mailboxes: [
        { address: 'ann@example.com', passId: 7, progress, result: RESULT },
        { address: 'old-ann@example.com', passId: null, progress: null, result: null },
      ],
    });
    await Promise.all([
      store.runs.endMailbox(lease, one, 'old-ann@example.com', RESULT),
      store.runs.endMailbox(lease, two, 'bob@example.com', RESULT),
    ]);
    expect(await store.runs.tasks(run.id, 'open')).toEqual([]);
    expect((await store.runs.run(run.id))?.state).toBe('finished');
    expect((await store.runs.latest(order.project))?.id).toBe(run.id);
    await expect(store.runs.setState(run.id, 'paused')).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
  });

  it('is not written by who lost the lease', async () => {
    const { run } = await store.runs.order(order);
    const [task] = await store.runs.tasks(run.id);
    const lost = { ...lease, epoch: lease.epoch - 1, name: lease.name, heldForMs: () => 1000, lost: lease.lost };
    const late = { ...lost, release: async () => undefined };
    await expect(store.runs.endMailbox(late, task?.id ?? 0, 'ann@example.com', RESULT)).rejects.toMatchObject({
      code: 'LEASE_LOST',
    });
    expect((await store.runs.task(task?.id ?? 0))?.mailboxes[0]?.result).toBeNull();
  });

  it('counts troubles, and forgets them', async () => {
    const { run } = await store.runs.order(order);
    const [task] = await store.runs.tasks(run.id);
    const id = task?.id ?? 0;
    const at = new Date('2026-11-23T12:00:00Z');
    await store.runs.noteTrouble(lease, id, at);
    await store.runs.noteTrouble(lease, id, at);
    expect(await store.runs.task(id)).toMatchObject({ troubles: 2, notBefore: at.toISOString() });
    await store.runs.noteTrouble(lease, id, null);
    expect(await store.runs.task(id)).toMatchObject({ troubles: 0, notBefore: null });
  });

  it('has some tasks first when somebody asks for them', async () => {
    const { run } = await store.runs.order(order);
    const [, bob] = await store.runs.tasks(run.id);
    expect(await store.runs.first(run.id, ['bob@example.com', 'nobody@example.com'])).toEqual([bob?.id]);
    expect((await store.runs.task(bob?.id ?? 0))?.firstAt).toMatch(/^20/);
  });
});

it('workers are known while they say so', async () => {
  const worker = {
    ...{ id: 'host-a1', host: 'host', pid: 7, version: '0.1.0', projects: ['acme'], atOnce: 4, running: 1 },
    ...{ startedAt: '2026-11-23T12:00:00.000Z', memory: 'a' },
  };
  await store.runs.seen(worker);
  await store.runs.seen({ ...worker, running: 2 });
  expect(await store.runs.workers(60_000)).toMatchObject([{ ...worker, running: 2 }]);
  await store.runs.left('host-a1');
  expect(await store.runs.workers(60_000)).toEqual([]);
});
