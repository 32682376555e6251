import { queryDns } from '@mxodus/lab';
import type { CutoverStatus, Gate } from '@mxodus/model';
import type { TestContext } from 'vitest';
import { type StreamWorld, type StreamWorldOptions, startStreamWorld } from './stream-world.ts';

/** A small world that is planned and synced, and ends with its test. Its MX is `UNTOUCHED` unless the options say otherwise. */
export async function startFaultWorld(context: TestContext, options: StreamWorldOptions = {}): Promise<StreamWorld> {
  const world = await startStreamWorld({
    messages: 3,
    ...options,
    lab: { users: ['ann', 'bob'], mxTtl: 2, ...options.lab },
  });
  context.onTestFinished(() => world.stop());
  await world.prepare();
  return world;
}

export const UNTOUCHED = '2 10 mx.old.example.test';

export async function mxNow({ lab }: StreamWorld): Promise<string> {
  const { answers } = await queryDns(lab.dns.primary, lab.zone, 'MX', 2000);
  return answers.map(({ ttl, data }) => `${ttl} ${data}`).join(', ');
}

export const gateOf = ({ gates }: CutoverStatus, id: string): Gate | undefined => gates.find((one) => one.id === id);
