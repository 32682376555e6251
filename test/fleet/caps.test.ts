import { afterAll, beforeAll, expect, it } from 'vitest';
import { finish, summaryOf } from '../journey.ts';
import { type CountedLine, startCountedLine } from './counted-line.ts';
import { type Fleet, startFleet } from './fleet-world.ts';

let fleet: Fleet;
const lines: CountedLine[] = [];

beforeAll(async () => {
  const counted = async (port: number): Promise<number> => {
    const line = await startCountedLine(port);
    lines.push(line);
    return line.port;
  };
  fleet = await startFleet({
    users: Array.from({ length: 12 }, (_, index) => `u${index}`),
    seed: { messagesPerUser: 60, seed: 5, medianBytes: 1500, hostile: false, folders: 4 },
    limits: '{ connections: 7, connections_per_mailbox: 3 }',
    oldPort: counted,
    newPort: counted,
    slice: '1s',
  });
});
afterAll(async () => {
  await fleet.stop();
  for (const line of lines) await line.stop();
});

it('never more connections than the limits, over all workers, counted at both servers; Redis is emptied in between', async () => {
  expect(await fleet.run('plan')).toMatchObject({ code: 0 });
  const workers = [await fleet.startWorker(4), await fleet.startWorker(4), await fleet.startWorker(4)];
  const following = finish(fleet.spawn('sync', fleet.plan, '--json'));
  await expect.poll(() => Math.min(...lines.map(({ most }) => most)), { timeout: 60_000 }).toBeGreaterThan(3);
  await fleet.redis.flushAll();
  const summary = summaryOf(await following);
  expect(summary).toMatchObject({ exit_code: 0, source_messages: 720, buckets: { moved_now: 720 } });
  expect(await fleet.differences()).toEqual([]);
  for (const line of lines) {
    expect(line.most).toBeLessThanOrEqual(7);
    expect(line.mostOfOneUser).toBeLessThanOrEqual(3);
  }
  for (const worker of workers) expect(await worker.stop()).toBe(0);
}, 180_000);
