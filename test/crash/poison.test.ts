import { afterEach, expect, it } from 'vitest';
import { summaryOf } from '../journey.ts';
import { append, type CutWorld, eventsOf, startCutWorld } from './cut-world.ts';

/** A message that kills each connection it is on. */

let world: CutWorld | undefined;
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

const ALWAYS = Number.POSITIVE_INFINITY;

it.each(['multiappend', 'pipelined, no UIDPLUS'] as const)(
  'it alone fails, with what happened, and moves when it is harmless again: %s',
  async (how) => {
    world = await startCutWorld({ users: ['ann', 'bob'], append: how, messages: [14, 5] });
    const { journey, sync, atSource } = world;
    for (const user of ['ann', 'bob']) {
      await atSource(user, [append(user, 'INBOX', 'poison'), append(user, 'INBOX', 'after it')]);
    }
    await journey.readOldAgain();
    expect(await journey.run('plan')).toMatchObject({ code: 0 });
    // Ann's cannot be read, and Bob's cannot be written.
    const unreadable = world.old.add({ side: 'answers', on: /^Subject: poison/m, times: ALWAYS, user: 'ann' });
    const unwritable = world.new.add({ side: 'commands', on: /^Subject: poison/m, times: ALWAYS, user: 'bob' });
    const first = await journey.run('sync', journey.plan, '--json');
    expect(summaryOf(first)).toMatchObject({ exit_code: 3, buckets: { moved_now: 40, failed: 2, in_doubt: 0 } });
    const notMoved = eventsOf(first).filter(({ type }) => type === 'not_moved');
    expect(notMoved).toHaveLength(2);
    for (const row of notMoved) expect(row).toMatchObject({ folder: 'INBOX', uid: 15, bucket: 'failed' });
    expect(JSON.stringify(notMoved)).toMatch(/the connection ended \d times while it was read or sent: /);
    expect(unreadable.hits).toBeGreaterThan(2);
    expect(unwritable.hits).toBeGreaterThan(2);

    unreadable.mend();
    unwritable.mend();
    expect(await sync()).toMatchObject({ exit_code: 0, buckets: { moved_before: 40, moved_now: 2, failed: 0 } });
    expect(await journey.differences()).toEqual([]);
    expect(await sync()).toMatchObject({ exit_code: 0, destination_writes: 0 });
  },
);
