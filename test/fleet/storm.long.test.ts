import { expect, it } from 'vitest';
import { storm } from './storm.ts';

it('moves 40,000 messages of 200 mailboxes exactly, through 20 kills and restarts of everything', async () => {
  const shape = {
    mailboxes: 200,
    messagesPerMailbox: 200,
    workers: 3,
    kills: 20,
    pauseMs: 2000,
    seconds: 240,
    seed: 12,
  };
  const { killed, blowsLeft, summary, differences, again, codes } = await storm(shape);
  expect({ killed, blowsLeft }).toEqual({ killed: 20, blowsLeft: 0 });
  expect(summary).toMatchObject({ exit_code: 0, source_messages: 40_000, buckets: { moved_now: 40_000 } });
  expect(differences).toEqual([]);
  expect(again).toMatchObject({ exit_code: 0, destination_writes: 0, buckets: { moved_before: 40_000 } });
  expect(codes).toEqual([0, 0, 0]);
}, 1_800_000);
