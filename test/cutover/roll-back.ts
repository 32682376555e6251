import type { CutoverState } from '@mxodus/model';
import { expect } from 'vitest';
import { finish } from '../journey.ts';
import { type StreamWorld, startStreamWorld } from './stream-world.ts';

/** A rollback from a state while mail keeps coming: nothing lost, nothing doubled, at either host; then sync goes on. */
export async function rollBackFrom(state: CutoverState): Promise<void> {
  const world = await startStreamWorld({ messages: 6, lab: { mxTtl: 3 } });
  try {
    await rollBack(world, state);
  } finally {
    await world.stop();
  }
}

async function rollBack(world: StreamWorld, state: CutoverState): Promise<void> {
  await world.prepare();
  world.begin();
  world.begin({ profile: 'sticky', stickySeconds: 3 });
  const forward = finish(
    world.start('cutover', 'run', world.plan, '--execute', ...(state === 'RESTORED' ? [] : ['--until', state])),
  );
  if (state === 'RESTORED') {
    await world.reached('DRAINING');
    await world.hush();
  }
  expect(await forward).toMatchObject({ code: 0 });
  if (state === 'RESTORED') world.begin();

  const shown = await world.cutover('rollback');
  expect(shown).toMatchObject({ code: 8, stdout: expect.stringMatching(/mx\.old/) });
  expect((await world.entries()).some(({ event }) => event === 'rolling_back')).toBe(false);

  const backward = finish(world.start('cutover', 'rollback', world.plan, '--execute', '--why', 'the new host is slow'));
  await expect
    .poll(
      async () => (await world.entries()).some((entry) => entry.event === 'passed' && entry.facts.mode === 'reverse'),
      { timeout: 60_000 },
    )
    .toBe(true);
  await world.hush();
  expect(await backward).toMatchObject({ code: 0 });
  expect((await world.entries()).at(-1)).toMatchObject({ state: 'ROLLED_BACK' });
  expect(await world.count('old')).toMatchObject({ lost: [], doubled: [], bounced: 0 });
  expect(await world.count('new')).toMatchObject({ doubled: [] });

  // The old host is the authority again, and sync brings over only what the new one has not got.
  expect(await world.run('sync', world.plan)).toMatchObject({ code: 0 });
  expect(await world.count('new')).toMatchObject({ lost: [], doubled: [] });
  const again = await world.run('sync', world.plan, '--json');
  expect(again.stdout).toMatch(/"destination_writes":0/);
}
