import { openRawConnection } from '@mxodus/lab';
import { type FleetStore, MxodusError, type RunTask, type SliceEnd } from '@mxodus/model';
import { inlineQueue } from '@mxodus/queue';
import { fleetFeeder, fleetHandler, tasksOf } from '@mxodus/runner';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type InProcess, type InProcessWorker, startInProcess } from './in-process.ts';

const MESSAGES = 80;
const USERS = ['ann', 'bob', 'cid', 'dan'];

let world: InProcess;
beforeAll(async () => {
  world = await startInProcess({
    users: USERS,
    seed: { messagesPerUser: MESSAGES, seed: 7, hostile: false, folders: 4 },
    limits: '{ connections: 40, connections_per_mailbox: 6 }',
  });
});
afterAll(() => world.stop());

/** A run of one mailbox; returns the id of its task. */
async function order({ runs }: FleetStore, user: string): Promise<{ runId: number; taskId: number }> {
  const { plan } = world;
  const tasks = tasksOf(plan, ({ address }) => address.startsWith(user));
  const { run } = await runs.order({ project: 'acme', plan, tasks, onlyFailed: false, appendOnly: false });
  const [task] = await runs.tasks(run.id);
  if (task === undefined) throw new Error('a run has a task');
  return { runId: run.id, taskId: task.id };
}

const slice = ({ handler }: Pick<InProcessWorker, 'handler'>, id: string): Promise<SliceEnd> =>
  handler({ id, signal: new AbortController().signal, tell: () => undefined });

const resultOf = async ({ runs }: FleetStore, taskId: number): Promise<RunTask['mailboxes'][number]['result']> =>
  (await runs.task(taskId))?.mailboxes[0]?.result ?? null;

it('a message its user moves while the folders are shared out is moved, not doubled', async () => {
  const worker = await world.worker('one', { spreadFrom: 10 });
  const { taskId } = await order(worker.store, 'ann');
  const after = await slice(worker, `t${taskId}`);
  expect(after).toMatchObject({ kind: 'after', jobs: [{ id: `t${taskId}-f0` }, { id: `t${taskId}-f1` }] });
  expect(await slice(worker, `t${taskId}-f0`)).toEqual({ kind: 'done' });
  const { folders } = world.plan.mailboxes[0] ?? { folders: [] };
  const copied = new Set(
    Object.entries(await world.uidNexts('ann')).flatMap(([name, { messages }]) => (messages > 0 ? [name] : [])),
  );
  const from = folders.find(({ destination, messages }) => copied.has(destination) && messages > 5)?.source;
  const to = folders.find(({ destination, messages }) => !copied.has(destination) && messages > 5)?.source;
  const user = await openRawConnection(world.old);
  await user.command(`LOGIN ann ${world.old.password}`);
  await user.command(`SELECT "${from}"`);
  await user.command(`MOVE 1:5 "${to}"`);
  user.close();
  expect(await slice(worker, `t${taskId}-f1`)).toEqual({ kind: 'done' });
  expect(await slice(worker, `t${taskId}`)).toEqual({ kind: 'done' });
  expect(await resultOf(worker.store, taskId)).toMatchObject({ exitCode: 0, sourceMessages: MESSAGES, error: null });
  await world.readOldAgain();
  expect((await world.differences()).filter((line) => line.startsWith('ann'))).toEqual([]);
  expect(worker.troubles).toEqual([]);
});

it('killed between the end of its pass and the end of its task, a mailbox is counted once', async () => {
  const worker = await world.worker('one');
  const { taskId } = await order(worker.store, 'bob');
  const { runs } = worker.store;
  const lost = new MxodusError('LEASE_LOST', { what: 'killed', why: 'by the test', advice: 'none' });
  const dying = fleetHandler({
    ...worker.ports,
    store: { ...worker.store, runs: { ...runs, endMailbox: () => Promise.reject(lost) } },
  });
  expect(await slice({ handler: dying }, `t${taskId}`)).toMatchObject({ kind: 'later' });
  expect(await slice(worker, `t${taskId}`)).toEqual({ kind: 'done' });
  expect(await resultOf(worker.store, taskId)).toMatchObject({
    exitCode: 0,
    buckets: { moved_now: MESSAGES, moved_before: 0, already_there: 0 },
  });
  expect((await world.differences()).filter((line) => line.startsWith('bob'))).toEqual([]);
});

it('a paused run, another holder, a stale plan and a project nobody knows are left alone', async () => {
  const worker = await world.worker('one');
  const { store } = worker;
  const { runId, taskId } = await order(store, 'cid');
  const lease = await store.leases.acquire('acme');
  expect(await slice(worker, `t${taskId}`)).toMatchObject({ kind: 'later' });
  await lease.release();
  expect(await slice({ handler: fleetHandler({ ...worker.ports, project: () => null }) }, `t${taskId}`)).toMatchObject({
    kind: 'later',
  });
  await store.runs.setState(runId, 'paused');
  expect(await slice(worker, `t${taskId}`)).toEqual({ kind: 'done' });
  await store.runs.setState(runId, 'running');
  expect(await resultOf(store, taskId)).toBeNull();
  const stale = await world.worker('two', {
    assertFresh: () => {
      throw new MxodusError('PLAN_STALE', { what: 'the config changed', why: 'by the test', advice: 'plan again' });
    },
  });
  expect(await slice(stale, `t${taskId}`)).toEqual({ kind: 'done' });
  expect(await resultOf(store, taskId)).toMatchObject({ exitCode: 6, error: { code: 'PLAN_STALE' } });
  expect(await slice(worker, `t${taskId}`)).toEqual({ kind: 'done' });
});

it('a server that cannot be reached is tried again, later each time, and given up at the eighth', async () => {
  const worker = await world.worker('one', {
    accounts: () => {
      const away = { server: 'new', user: 'dan', open: unreachable, openAppender: unreachable };
      return { source: away, destination: away };
    },
  });
  const { taskId } = await order(worker.store, 'dan');
  const pauses: number[] = [];
  for (let time = 1; time < 8; time += 1) {
    const end = await slice(worker, `t${taskId}`);
    pauses.push(end.kind === 'later' ? Math.ceil(end.inMs / 5000) : 0);
    expect(await worker.store.runs.task(taskId)).toMatchObject({ troubles: time, ended: false });
  }
  // 5 s, 10 s, 20 s and so on, up to 5 min, less a fifth at most.
  for (const [time, of] of [1, 2, 4, 8, 16, 32, 60].entries()) {
    expect(pauses[time]).toBeGreaterThanOrEqual(Math.ceil(of * 0.8));
    expect(pauses[time]).toBeLessThanOrEqual(of);
  }
  expect(await slice(worker, `t${taskId}`)).toEqual({ kind: 'done' });
  expect(await resultOf(worker.store, taskId)).toMatchObject({ exitCode: 5, error: { code: 'SERVER_UNREACHABLE' } });
  expect(await worker.store.runs.task(taskId)).toMatchObject({ troubles: 0, ended: true });
});

const unreachable = (): Promise<never> =>
  Promise.reject(new MxodusError('SERVER_UNREACHABLE', { what: 'nobody answers', why: 'by the test', advice: 'none' }));

it('the feeder adds again what the queue forgot, and takes out what is paused or cancelled', async () => {
  const { store, ports } = await world.worker('one');
  const { plan } = world;
  const orders = { project: 'acme', plan, tasks: tasksOf(plan), onlyFailed: false, appendOnly: false };
  const { run } = await store.runs.order(orders);
  const queue = inlineQueue({ kold: 40, knew: 40 });
  const inQueue = async (): Promise<number> => (await queue.jobs()).length;
  const over = new AbortController();
  const feeding = fleetFeeder({ ...ports, queue, projects: ['acme'] }).run(over.signal);
  await expect.poll(inQueue, { timeout: 20_000 }).toBe(USERS.length);
  await queue.cancel((await queue.jobs()).map(({ id }) => id));
  await expect.poll(inQueue, { timeout: 20_000 }).toBe(USERS.length);
  await store.runs.setState(run.id, 'paused');
  await expect.poll(inQueue, { timeout: 20_000 }).toBe(0);
  await store.runs.setState(run.id, 'running');
  await expect.poll(inQueue, { timeout: 20_000 }).toBe(USERS.length);
  const [last] = await store.runs.first(run.id, ['dan@example.test']);
  await expect.poll(async () => (await queue.jobs())[0]?.id, { timeout: 20_000 }).toBe(`t${last}`);
  await store.runs.setState(run.id, 'cancelled');
  await expect.poll(inQueue, { timeout: 20_000 }).toBe(0);
  over.abort();
  await feeding;
  await queue.close();
});
