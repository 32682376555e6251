import { spawn } from 'node:child_process';
import { afterEach, expect, it } from 'vitest';
import { type Finished, finish } from '../journey.ts';
import { append, type CutWorld, eventsOf, startCutWorld } from './cut-world.ts';
import type { Jump } from './shifted-clock.ts';

/** The wall clock is wrong, or is put right in the middle of a pass. */

const CLI = new URL('../../apps/cli/bin/mxodus.mjs', import.meta.url).pathname;
const DAY = 24 * 60 * 60 * 1000;

let world: CutWorld | undefined;
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

function syncWithClock({ journey: { dir, plan, secrets } }: CutWorld, jumps: readonly Jump[]): Promise<Finished> {
  const [OLD_PW, NEW_PW] = secrets;
  const clock = new URL('shifted-clock.ts', import.meta.url);
  clock.searchParams.set('jumps', JSON.stringify(jumps));
  return finish(
    spawn(process.execPath, ['--import', clock.href, CLI, 'sync', plan, '--json'], {
      cwd: dir,
      env: { ...process.env, OLD_PW, NEW_PW, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  );
}

const last = (finished: Finished): Record<string, unknown> => eventsOf(finished).at(-1) ?? {};

it('messages in doubt, waits and later passes do not care about the clock', async () => {
  world = await startCutWorld({ users: ['ann'], messages: [20, 3] });
  const { journey, atSource } = world;
  expect(await journey.run('plan')).toMatchObject({ code: 0 });

  // Killed with messages in doubt.
  const cut = world.new.add({ side: 'answers', on: /^\S+ OK .*Append completed/m });
  const child = journey.spawn('sync', journey.plan, '--json');
  void cut.happened.then(() => child.kill('SIGKILL'));
  expect(await finish(child)).toMatchObject({ code: null });
  await atSource('ann', [append('ann', 'INBOX', 'meanwhile')]);
  await journey.readOldAgain();

  // A day earlier, and in the middle of it, with another cut to get over, two days later, then right again.
  const second = world.new.add({ side: 'answers', on: /^\S+ OK .*Append completed/m });
  const jumping = await syncWithClock(world, [
    { reads: 0, byMs: -DAY },
    { reads: 25, byMs: 2 * DAY },
    { reads: 40, byMs: -DAY },
  ]);
  expect(last(jumping)).toMatchObject({ exit_code: 0, buckets: { failed: 0, in_doubt: 0 } });
  expect(second.hits).toBe(1);
  expect(days(jumping).size).toBeGreaterThan(1);
  expect(await journey.differences()).toEqual([]);

  for (const byMs of [DAY, -DAY]) {
    const later = await syncWithClock(world, [{ reads: 0, byMs }]);
    expect(last(later)).toMatchObject({ exit_code: 0, destination_writes: 0 });
    const { time } = eventsOf(later).find((event) => 'time' in event) ?? {};
    expect(Math.abs(Date.parse(String(time)) - Date.now() - byMs)).toBeLessThan(DAY / 2);
  }

  await atSource('ann', ['SELECT INBOX', 'STORE 1 +FLAGS.SILENT (\\Flagged)', append('ann', 'INBOX', 'new')]);
  await journey.readOldAgain();
  const earlier = await syncWithClock(world, [{ reads: 0, byMs: -2 * DAY }]);
  expect(last(earlier)).toMatchObject({ exit_code: 0, buckets: { moved_now: 1 } });
  expect(await journey.differences()).toEqual([]);
});

/** The days its events are of: the clock really jumped. */
const days = (finished: Finished): Set<string> =>
  new Set(eventsOf(finished).flatMap(({ time }) => (typeof time === 'string' ? [time.slice(0, 10)] : [])));
