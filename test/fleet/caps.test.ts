import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
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

/** Each has half of the mailboxes, at the same servers. Returns the plan of the second one. */
async function intoTwoProjects(): Promise<string> {
  const path = join(fleet.dir, 'mxodus.yaml');
  const both = await readFile(path, 'utf8');
  const withUsers = (text: string, kept: RegExp): string =>
    text
      .split('\n')
      .filter((line) => !line.includes('address:') || kept.test(line))
      .join('\n');
  await writeFile(path, withUsers(both, /address: u[0-5]@/));
  const other = withUsers(both, /address: u([6-9]|1\d)@/).replace('project: acme', 'project: globex');
  await writeFile(join(fleet.dir, 'globex.yaml'), other);
  return join(fleet.dir, 'globex.plan.json');
}

it('never more connections than the limits, over all workers and projects, counted at both servers; Redis is emptied in between', async () => {
  const [ofAcme, ofGlobex] = [
    ['-c', 'mxodus.yaml'],
    ['-c', 'globex.yaml'],
  ];
  const second = await intoTwoProjects();
  expect(await fleet.run('plan', ...ofAcme)).toMatchObject({ code: 0 });
  expect(await fleet.run('plan', ...ofGlobex)).toMatchObject({ code: 0 });
  const workers = [
    await fleet.startWorker(4, ...ofGlobex),
    await fleet.startWorker(4, ...ofGlobex),
    await fleet.startWorker(4, ...ofGlobex),
  ];
  const following = [
    finish(fleet.spawn('sync', ...ofAcme, fleet.plan, '--json')),
    finish(fleet.spawn('sync', ...ofGlobex, second, '--json')),
  ];
  await expect.poll(() => Math.min(...lines.map(({ most }) => most)), { timeout: 60_000 }).toBeGreaterThan(3);
  await fleet.redis.flushAll();
  for (const sync of following) {
    const summary = summaryOf(await sync);
    expect(summary).toMatchObject({ exit_code: 0, source_messages: 360, buckets: { moved_now: 360 } });
  }
  expect(await fleet.differences()).toEqual([]);
  for (const line of lines) {
    expect(line.most).toBeLessThanOrEqual(7);
    expect(line.mostOfOneUser).toBeLessThanOrEqual(3);
  }
  for (const worker of workers) expect(await worker.stop()).toBe(0);
}, 180_000);
