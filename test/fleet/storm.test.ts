import { expect, it } from 'vitest';
import { storm } from './storm.ts';

it('loses nothing and doubles nothing while workers are killed, Redis is restarted and emptied, and PostgreSQL restarted', async () => {
  const shape = { mailboxes: 12, messagesPerMailbox: 150, workers: 2, kills: 3, pauseMs: 500, seconds: 18, seed: 11 };
  const { killed, blowsLeft, summary, differences, again, codes } = await storm(shape);
  expect({ killed, blowsLeft }).toEqual({ killed: 3, blowsLeft: 0 });
  expect(summary).toMatchObject({ exit_code: 0, source_messages: 1800, buckets: { moved_now: 1800 } });
  expect(differences).toEqual([]);
  expect(again).toMatchObject({ exit_code: 0, destination_writes: 0, buckets: { moved_before: 1800, moved_now: 0 } });
  expect(codes).toEqual([0, 0]);
}, 300_000);
