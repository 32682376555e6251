import { afterAll, beforeAll, expect, it } from 'vitest';
import { type StreamWorld, startStreamWorld } from '../cutover/stream-world.ts';
import { finish } from '../journey.ts';
import { startFleetServices } from './fleet-services.ts';
import { startWorker } from './worker-process.ts';

let services: Awaited<ReturnType<typeof startFleetServices>>;
let world: StreamWorld;

beforeAll(async () => {
  services = await startFleetServices();
  world = await startStreamWorld({ messages: 30, config: services.config });
  await services.writeUrls(world.dir);
});
afterAll(async () => {
  await world?.stop();
  await services?.stop();
});

it('a cutover goes on from what workers copied, and its drain from a PostgreSQL that was restarted; workers copy again when it is over', async () => {
  const worker = await startWorker(world.start, 2);
  await world.prepare();
  world.begin();
  world.begin({ profile: 'sticky', stickySeconds: 3 });
  expect(await world.cutover('run', '--execute', '--until', 'SWITCHED')).toMatchObject({ code: 0 });
  const running = finish(world.start('cutover', 'run', world.plan, '--execute'));
  await world.reached('DRAINING');
  await services.postgres.restart();
  await world.hush();
  const ended = await running;
  expect(ended).toMatchObject({ code: 0 });
  expect((await world.entries()).at(-1)).toMatchObject({ state: 'RESTORED' });
  expect(await world.count('new')).toMatchObject({ lost: [], doubled: [], bounced: 0 });

  const again = await world.run('sync', world.plan, '--json');
  expect(again).toMatchObject({ code: 0, stdout: expect.stringMatching(/"destination_writes":0/) });
  expect(await worker.stop()).toBe(0);
}, 180_000);
