import { afterEach, expect, it } from 'vitest';
import { type ExchangeWorld, startExchangeWorld } from './exchange-world.ts';
import { killAtRequest } from './kill-at-request.ts';

let world: ExchangeWorld | undefined;
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

/** All of them, with a large message: kill.long.test.ts. */
const KILLS = [
  [9, 'after'],
  [20, 'after'],
  [27, 'before'],
] as const;

it('killed between two requests, and started again: each message is there once', async () => {
  world = await startExchangeWorld({
    users: ['ann'],
    seed: { messagesPerUser: 8, hostile: false, folders: 3 },
    config: 'sync: { settle: 200ms }',
  });
  expect(await world.run('plan')).toMatchObject({ code: 0 });
  for (const [nth, moment] of KILLS) expect(await killAtRequest(world, nth, moment)).toEqual([]);
});
