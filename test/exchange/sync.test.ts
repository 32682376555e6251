import { afterEach, expect, it } from 'vitest';
import { summaryOf } from '../journey.ts';
import { type ExchangeWorld, startExchangeWorld } from './exchange-world.ts';

let world: ExchangeWorld | undefined;
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

it('every message arrives once, at its date, read and flagged as it was, and no draft; the second sync writes nothing', async () => {
  world = await startExchangeWorld({
    users: ['ann', 'bob'],
    seed: { messagesPerUser: 60, hostile: false, folders: 6 },
  });
  const plan = await world.run('plan');
  expect(plan).toMatchObject({ code: 0 });
  const first = summaryOf(await world.run('sync', world.plan, '--json'));
  expect(first).toMatchObject({ exit_code: 0, source_messages: 120, buckets: { moved_now: 120 } });
  expect(world.differences()).toEqual([]);
  const second = summaryOf(await world.run('sync', world.plan, '--json'));
  expect(second).toMatchObject({ exit_code: 0, buckets: { moved_before: 120 }, destination_writes: 0 });
});
