import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { finish, type Journey, startJourney, summaryOf } from '../journey.ts';

const KILLS = 10;
let journey: Journey;

beforeAll(async () => {
  journey = await startJourney({
    users: ['ann', 'bob'],
    seed: { messagesPerUser: 1500, seed: 11, largestBytes: 4_000_000, bigMessages: 1 },
  });
  expect(await journey.run('plan')).toMatchObject({ code: 0 });
});
afterAll(() => journey.stop());

/** Kills at moments spread over the work: after a growing number of progress lines, wherever the process then is. */
async function killAfter(lines: number, extraMs: number): Promise<boolean> {
  const child = journey.spawn('sync', journey.plan, '--json');
  let seen = 0;
  child.stdout?.on('data', (chunk: Buffer) => {
    const before = seen;
    seen += chunk.toString().split('\n').length - 1;
    if (before < lines && seen >= lines) void sleep(extraMs).then(() => child.kill('SIGKILL'));
  });
  return (await finish(child)).code === null;
}

it('loses nothing and doubles nothing when it is killed ten times and started again by the same command', async () => {
  let killed = 0;
  for (let round = 1; round <= KILLS; round += 1) killed += (await killAfter(2 + round, (round * 7) % 40)) ? 1 : 0;
  expect(killed).toBeGreaterThanOrEqual(KILLS / 2);

  const last = await journey.run('sync', journey.plan, '--json');
  expect(summaryOf(last)).toMatchObject({ exit_code: 0, buckets: { failed: 0, in_doubt: 0, cannot: 0 } });
  expect(await journey.differences()).toEqual([]);

  const again = await journey.run('sync', journey.plan, '--json');
  expect(summaryOf(again)).toMatchObject({
    exit_code: 0,
    destination_writes: 0,
    buckets: { moved_before: 3000, moved_now: 0 },
  });
});
