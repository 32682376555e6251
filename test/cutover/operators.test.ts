import { afterAll, beforeAll, expect, test } from 'vitest';
import { finish } from '../journey.ts';
import { type StreamWorld, startStreamWorld } from './stream-world.ts';

/** People at other terminals while a cutover runs. */

let world: StreamWorld;
beforeAll(async () => {
  world = await startStreamWorld({ messages: 2, lab: { users: ['ann'], mxTtl: 3 }, cutover: () => '' });
  await world.prepare();
});
afterAll(() => world?.stop());

test('held, it changes nothing and says by whom and why; released, it goes on; a second run is refused meanwhile', async () => {
  const running = finish(world.start('cutover', 'run', world.plan, '--execute'));
  await world.reached('TTL_LOWERED');
  expect(await world.cutover('hold', '--why', 'the boss is on a call')).toMatchObject({ code: 0 });
  expect(await world.cutover('run', '--execute')).toMatchObject({ code: 5, stderr: expect.stringContaining('BUSY') });
  const held = await world.status();
  expect(held).toMatchObject({ held: true, waiting_for: expect.stringContaining('the boss is on a call') });
  const before = (await world.entries()).filter(({ event }) => event === 'sending').length;
  await new Promise((resolve) => setTimeout(resolve, 7000));
  expect((await world.entries()).filter(({ event }) => event === 'sending')).toHaveLength(before);
  expect(await world.status()).toMatchObject({ held: true });

  expect(await world.cutover('release')).toMatchObject({ code: 0 });
  expect(await running).toMatchObject({ code: 0 });
  expect(await world.status()).toMatchObject({ state: 'RESTORED', held: false });
});

test('closed only by hand, and not without --execute', async () => {
  expect(await world.cutover('close')).toMatchObject({ code: 8 });
  expect(await world.cutover('close', '--execute')).toMatchObject({ code: 0 });
  expect(await world.status()).toMatchObject({ state: 'CLOSED' });
  expect(await world.cutover('rollback', '--execute')).toMatchObject({ code: 6 });
});
