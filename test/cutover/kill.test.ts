import { afterAll, beforeAll, expect, test } from 'vitest';
import { finish } from '../journey.ts';
import { type StreamWorld, startStreamWorld } from './stream-world.ts';

/** kill -9 of the real process, at moments spread over all states. */

let world: StreamWorld;
beforeAll(async () => {
  world = await startStreamWorld({ messages: 4, lab: { mxTtl: 4 } });
  await world.prepare();
});
afterAll(() => world?.stop());

const KILLS = 30;

test(`killed ${KILLS} times, it ends as if it never was: three changes of the MX, each made once, no mail lost or doubled`, async () => {
  world.begin();
  let kills = 0;
  for (;;) {
    const child = world.start('cutover', 'run', world.plan, '--execute', '--json');
    const wanted = kills % 4 === 3 ? 2 : 1;
    let lines = 0;
    child.stdout?.on('data', (chunk: Buffer) => {
      lines += chunk.toString().split('"cutover_').length - 1;
      if (kills < KILLS && lines >= wanted) child.kill('SIGKILL');
    });
    const { code } = await finish(child);
    if (code !== null) {
      expect(code).toBe(0);
      break;
    }
    kills += 1;
    if (kills === KILLS) await world.hush();
  }
  expect(kills).toBe(KILLS);
  const entries = await world.entries();
  expect(entries.at(-1)).toMatchObject({ state: 'RESTORED' });
  const accepted = entries.flatMap((entry) => (entry.event === 'accepted' ? [entry.facts.phase] : []));
  expect(accepted).toEqual(['lower', 'switch', 'restore']);
  expect(await world.count('new')).toMatchObject({ lost: [], doubled: [], bounced: 0 });
});
