import { afterAll, beforeAll, expect, it } from 'vitest';
import { finish, summaryOf } from '../journey.ts';
import { type Fleet, startFleet } from './fleet-world.ts';

let fleet: Fleet;

beforeAll(async () => {
  fleet = await startFleet({
    users: ['ann', 'bob'],
    seed: { messagesPerUser: 1500, seed: 9, medianBytes: 6000, hostile: false, folders: 4 },
    lease: '3s',
  });
});
afterAll(() => fleet.stop());

it('a worker frozen past its lease and woken writes nothing more, and nothing is doubled', async () => {
  expect(await fleet.run('plan')).toMatchObject({ code: 0 });
  const frozen = await fleet.startWorker(2);
  const following = finish(fleet.spawn('sync', fleet.plan, '--json'));
  const copied = async (): Promise<number> => {
    const counts = await Promise.all(['ann', 'bob'].map((user) => fleet.uidNexts(user)));
    return counts.flatMap((folders) => Object.values(folders)).reduce((sum, { messages }) => sum + messages, 0);
  };
  await expect.poll(copied, { timeout: 60_000, interval: 20 }).toBeGreaterThan(200);
  frozen.process.kill('SIGSTOP');
  const other = await fleet.startWorker(2);
  const summary = summaryOf(await following);
  expect(summary).toMatchObject({ exit_code: 0, source_messages: 3000, buckets: { moved_now: 3000 } });
  expect(await fleet.differences()).toEqual([]);
  const uidNexts = await Promise.all(['ann', 'bob'].map((user) => fleet.uidNexts(user)));

  frozen.process.kill('SIGCONT');
  await expect.poll(() => frozen.log(), { timeout: 60_000 }).toContain('LEASE_LOST');
  expect(await frozen.stop()).toBe(0);
  expect(await fleet.differences()).toEqual([]);
  expect(await Promise.all(['ann', 'bob'].map((user) => fleet.uidNexts(user)))).toEqual(uidNexts);
  expect(await other.stop()).toBe(0);
}, 180_000);
