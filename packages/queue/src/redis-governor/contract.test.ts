import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll } from 'vitest';
import { inlineGovernor } from '../governor/inline-governor.ts';
import { inlineRequestGovernor } from '../requests/inline-request-governor.ts';
import { governorContract, requestContract } from './contract.test.support.ts';
import { FleetRedis } from './fleet-redis.ts';
import { type FleetServer, startFleetServer } from './redis.test.support.ts';
import { redisGovernor } from './redis-governor.ts';
import { redisRequestGovernor } from './redis-request-governor.ts';

let server: FleetServer;
const fleets: FleetRedis[] = [];

beforeAll(async () => {
  server = await startFleetServer();
});
afterAll(async () => {
  for (const fleet of fleets) fleet.close();
  await server.stop();
});

const here = { book: null, now: () => new Date() };
/** Another server for each: nothing is left of the test before. */
const inFleet = () => {
  const [fleet, key] = [new FleetRedis(server.connect(), 'test'), randomUUID()];
  fleets.push(fleet);
  return { ...here, fleet, keyOf: () => key, holdMs: 30_000 };
};

governorContract('inline', (old) => inlineGovernor({ old }, here));
governorContract('Redis', (old) => redisGovernor({ old }, inFleet()));
requestContract('inline', (old) => inlineRequestGovernor({ old }, here));
requestContract('Redis', (old) => redisRequestGovernor({ old }, inFleet()));
