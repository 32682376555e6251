import { afterEach, expect, it } from 'vitest';
import { type ExchangeWorld, type ExchangeWorldOptions, startExchangeWorld } from '../exchange/exchange-world.ts';
import { finish, summaryOf } from '../journey.ts';
import { startFleetServices } from './fleet-services.ts';
import { startWorker } from './worker-process.ts';

/** Workers whose destination is a simulated Microsoft 365, which counts and refuses as Microsoft does. */

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function startWorld(options: ExchangeWorldOptions): Promise<ExchangeWorld> {
  const services = await startFleetServices({ slice: '20s', lease: '3s' });
  stops.push(() => services.stop());
  const world = await startExchangeWorld({ ...options, config: `sync: { settle: 200ms }\n${services.config}` });
  stops.push(() => world.stop());
  await services.writeUrls(world.dir);
  expect(await world.run('plan')).toMatchObject({ code: 0 });
  world.exchange.forget();
  return world;
}

const users = ['ann', 'bob', 'cid', 'dan'];

it('two workers into Exchange, each killed at a request in the midst of its mailboxes: all is there once', async () => {
  const world = await startWorld({
    users,
    seed: { messagesPerUser: 40, hostile: true, folders: 3 },
    exchange: { latencyMs: 10 },
  });
  const workers = [await startWorker(world.spawn, 2), await startWorker(world.spawn, 2)];
  const following = finish(world.spawn('sync', world.plan, '--json'));
  const killsLeft = [
    { from: 60, when: 'after' },
    { from: 160, when: 'before' },
  ];
  let met = 0;
  const kills: Promise<void>[] = [];
  const unhook = world.exchange.onRequest(({ path }, when) => {
    if (!path.includes('/users/')) return;
    if (when === 'before') met += 1;
    const [next] = killsLeft;
    if (next === undefined || met < next.from || when !== next.when) return;
    killsLeft.shift();
    const victim = workers.shift();
    if (victim !== undefined) kills.push(victim.kill());
  });
  await expect.poll(() => kills.length, { timeout: 60_000 }).toBe(2);
  await Promise.all(kills);
  unhook();
  const heir = await startWorker(world.spawn, 4);
  expect(summaryOf(await following)).toMatchObject({ exit_code: 0, buckets: { failed: 0, in_doubt: 0 } });
  expect(world.differences()).toEqual([]);
  const again = summaryOf(await finish(world.spawn('sync', world.plan, '--json')));
  expect(again).toMatchObject({ exit_code: 0, destination_writes: 0 });
  expect(await heir.stop()).toBe(0);
}, 180_000);

it('a worker frozen past its lease and woken sends nothing more to Exchange, and nothing is doubled', async () => {
  const world = await startWorld({
    users: ['ann', 'bob'],
    seed: { messagesPerUser: 60, hostile: false, folders: 3 },
    exchange: { latencyMs: 10 },
  });
  const frozen = await startWorker(world.spawn, 2);
  const following = finish(world.spawn('sync', world.plan, '--json'));
  const posts = (): number => world.exchange.journal.filter(({ method }) => method === 'POST').length;
  await expect.poll(posts, { timeout: 60_000, interval: 5 }).toBeGreaterThan(40);
  frozen.process.kill('SIGSTOP');
  const other = await startWorker(world.spawn, 2);
  const summary = summaryOf(await following);
  expect(summary).toMatchObject({ exit_code: 0, buckets: { moved_now: 120, failed: 0, in_doubt: 0 } });
  expect(world.differences()).toEqual([]);
  // A request that was begun when its worker froze comes without the end of its body: it does nothing, and has no answer. A $batch may
  // hold nothing but questions; what it holds is counted by itself.
  const writes = (): number =>
    world.exchange.journal.filter(
      ({ method, path, status }) => method !== 'GET' && !path.endsWith('/$batch') && status !== null,
    ).length;
  const before = writes();

  frozen.process.kill('SIGCONT');
  await expect.poll(() => frozen.log(), { timeout: 60_000 }).toContain('LEASE_LOST');
  expect(await frozen.stop()).toBe(0);
  expect(writes()).toBe(before);
  expect(world.differences()).toEqual([]);
  expect(await other.stop()).toBe(0);
}, 180_000);

it('never more requests to a mailbox than its limits, whoever works on it: Microsoft refuses none', async () => {
  const requests = { count: 100, seconds: 6 };
  const world = await startWorld({
    users: ['ann'],
    seed: { messagesPerUser: 60, hostile: false, folders: 3, medianBytes: 1500, largestBytes: 9000 },
    server: `limits: { requests: ${requests.count}, requests_in: ${requests.seconds}s }`,
    exchange: { latencyMs: 20, limits: { requests } },
  });
  // What the plan asked is no worker's to count.
  world.exchange.clock.advance(requests.seconds);
  const first = await startWorker(world.spawn, 1);
  const following = finish(world.spawn('sync', world.plan, '--json'));
  await expect.poll(() => world.exchange.journal.length, { timeout: 60_000, interval: 10 }).toBeGreaterThan(60);
  expect(await first.stop()).toBe(0);
  const second = await startWorker(world.spawn, 1);
  const summary = summaryOf(await following);
  expect(summary).toMatchObject({ exit_code: 0, buckets: { moved_now: 60, failed: 0, in_doubt: 0 } });
  expect(world.differences()).toEqual([]);
  expect(world.exchange.journal.filter(({ status }) => status === 429)).toEqual([]);
  expect(world.exchange.highWater('ann@example.test')).toBeLessThanOrEqual(4);
  expect(first.log()).toContain('"end":"later"');
  expect(await second.stop()).toBe(0);
}, 180_000);
