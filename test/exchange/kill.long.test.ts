import { afterEach, expect, it } from 'vitest';
import { type ExchangeWorld, startExchangeWorld } from './exchange-world.ts';
import { killAtRequest, type Moment } from './kill-at-request.ts';

let world: ExchangeWorld | undefined;
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

const MOST = 500;

it.each<Moment>(['before', 'after'])(
  'killed %s any of its requests, with a message that goes up in pieces: each message is there once',
  async (moment) => {
    world = await startExchangeWorld({
      users: ['ann'],
      seed: { messagesPerUser: 6, hostile: false, folders: 3, bigMessages: 1, largestBytes: 6_000_000 },
      config: 'sync: { settle: 200ms }',
    });
    expect(await world.run('plan')).toMatchObject({ code: 0 });
    for (let nth = 1; nth < MOST; nth += 1) {
      const wrong = await killAtRequest(world, nth, moment);
      if (wrong === null) break;
      expect(wrong).toEqual([]);
      expect(nth).toBeLessThan(MOST - 1);
    }
  },
  1_800_000,
);
