import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Journey, startJourney, summaryOf } from '../journey.ts';

const USERS = ['ann', 'bob', 'cat', 'dan'];
let journey: Journey;

beforeAll(async () => {
  journey = await startJourney({
    users: USERS,
    seed: { messagesPerUser: 1000, seed: 3, medianBytes: 2048, bigMessages: 1 },
  });
});
afterAll(() => journey.stop());

it('copies 4,000 messages of four mailboxes exactly; the second sync sends nothing and moves no UIDNEXT', async () => {
  expect(await journey.run('plan')).toMatchObject({ code: 0 });
  const first = summaryOf(await journey.run('sync', journey.plan, '--json'));
  expect(first).toMatchObject({ exit_code: 0, source_messages: 4000, buckets: { moved_now: 4000 } });
  expect(await journey.differences()).toEqual([]);

  const before = await Promise.all(USERS.map((user) => journey.uidNexts(user)));
  const second = summaryOf(await journey.run('sync', journey.plan, '--json'));
  expect(second).toMatchObject({
    exit_code: 0,
    destination_writes: 0,
    bytes: 0,
    buckets: { moved_before: 4000, moved_now: 0 },
  });
  expect(await Promise.all(USERS.map((user) => journey.uidNexts(user)))).toEqual(before);
});
