import { afterEach, expect, it } from 'vitest';
import { flag, move, play } from '../delta/play.ts';
import { summaryOf } from '../journey.ts';
import { eventsOf } from './events.ts';
import { type ExchangeWorld, startExchangeWorld } from './exchange-world.ts';
import { plain, store, withAttachment } from './source-mail.ts';

/** What Microsoft does not let in, or not any more. */

let world: ExchangeWorld | undefined;
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

it('proof 13: a full mailbox is paused, the others go on; exit 3; with room again the rest arrives', async () => {
  const users = ['ann', 'bob', 'cid'];
  world = await startExchangeWorld({
    users,
    seed: { messagesPerUser: 12, hostile: false, folders: 2, medianBytes: 20_000, largestBytes: 30_000 },
    config: 'sync: { settle: 200ms }',
    exchange: {
      users: users.map((user) => ({
        address: `${user}@example.test`,
        ...(user === 'bob' ? { quotaBytes: 90_000 } : {}),
      })),
    },
  });
  const planned = await world.run('plan', '--json');
  expect(planned.code).toBe(0);
  world.exchange.forget();
  const first = await world.run('sync', world.plan, '--json');
  expect(summaryOf(first)).toMatchObject({ exit_code: 3, buckets: { in_doubt: 0, cannot: 0 } });
  const failed = eventsOf(first, 'not_moved');
  expect(failed.length).toBeGreaterThan(2);
  expect(new Set(failed.map(({ mailbox, bucket }) => `${mailbox} ${bucket}`))).toEqual(
    new Set(['bob@example.test failed']),
  );
  expect(failed.some(({ why }) => String(why).includes('ErrorQuotaExceeded'))).toBe(true);
  const refused = world.exchange.journal.filter(({ code }) => code === 'ErrorQuotaExceeded');
  // What was under way with the first, and smaller ones that might have fitted.
  expect(refused.length).toBeLessThan(failed.length + 4);
  expect(world.differences().every((line) => line.startsWith('bob:'))).toBe(true);
  const bob = world.exchange.world.userOf('bob@example.test');
  if (bob !== undefined) bob.quotaBytes = 1e9;
  expect(await world.run('sync', world.plan)).toMatchObject({ code: 0 });
  expect(world.differences()).toEqual([]);
});

it.each(['allowed', 'refused'] as const)(
  'proof 17: after 2026-12-31 without Mail-Advanced.ReadWrite.All all is done but what needs it (attachments of non-drafts %s)',
  async (nonDraftAttachments) => {
    world = await startExchangeWorld({
      users: ['ann'],
      seed: { messagesPerUser: 0, hostile: false, folders: 1 },
      config: 'sync: { settle: 200ms, deletes: trash }',
      exchange: { now: () => new Date(Date.now() + 60 * 86_400_000), switches: { nonDraftAttachments } },
    });
    const { old, exchange, plan, run } = world;
    await store(old, 'ann', [
      ...Array.from({ length: 6 }, (_, at) => ({ raw: plain(`mail ${at}`), flags: '\\Answered work' })),
      { raw: plain('sent'), folder: 'Sent', flags: '\\Seen' },
      { raw: withAttachment('large', 3_400_000) },
    ]);
    await world.readOldAgain();
    expect(await run('plan')).toMatchObject({ code: 0 });
    expect(exchange.clock.now() > new Date('2026-12-31')).toBe(true);
    const first = await run('sync', plan, '--json');
    const isLargeThere = nonDraftAttachments === 'allowed';
    expect(summaryOf(first)).toMatchObject({
      exit_code: isLargeThere ? 0 : 3,
      buckets: { moved_now: isLargeThere ? 8 : 7, failed: 0, in_doubt: 0, cannot: isLargeThere ? 0 : 1 },
    });
    const notMoved = eventsOf(first, 'not_moved').map(({ why }) => String(why));
    if (!isLargeThere) expect(notMoved).toEqual([expect.stringContaining('Mail-Advanced.ReadWrite.All')]);
    const verbs = [...world.folders('ann').values()].flat().map(({ extended }) => extended['Integer 0x1081']);
    expect(verbs.filter((verb) => verb === '102')).toHaveLength(6);
    expect(world.folders('ann').has('mxodus-incoming')).toBe(false);
    await play(old, 'ann', [flag('mail 0', '\\Seen'), move('mail 1', 'Sent'), flag('mail 2', '\\Flagged late')]);
    const second = summaryOf(await run('sync', plan, '--json'));
    expect(second).toMatchObject({ buckets: { failed: 0, in_doubt: 0 } });
    const subjects = (folder: string) =>
      world
        ?.folders('ann')
        .get(folder)
        ?.map(({ subject }) => subject);
    expect(subjects('Sent Items')?.sort()).toEqual(['mail 1', 'sent']);
    const third = summaryOf(await run('sync', plan, '--json'));
    expect(third).toMatchObject({ destination_writes: 0 });
  },
);
