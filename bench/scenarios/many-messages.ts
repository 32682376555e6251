import { dataSet } from '../data-set/data-set.ts';
import { clear, place } from '../data-set/place.ts';
import type { BenchOptions } from '../options.ts';
import type { World } from '../world.ts';
import { inTurn } from './in-turn.ts';
import type { ScenarioResult } from './scenario.ts';

/** mxodus alone on a mailbox of very many small messages: neither the no-change pass nor the peak may grow with it. */
export async function manyMessages(world: World, options: BenchOptions): Promise<ScenarioResult> {
  const shape = { messages: options.many, medianBytes: 500, largestBytes: 50_000, folders: 12, bigMessages: 0 };
  const { home, ...data } = await dataSet(shape, options);
  const sourceUser = 'source-many';
  await place({ home, ...data }, world.old, sourceUser);
  const contenders = world.contenders.filter(({ tool }) => tool.name === 'mxodus');
  const rows = await inTurn({
    world,
    label: 'many',
    shares: contenders.map((contender) => ({ contender, data: { home, ...data }, sourceUser })),
    runs: 1,
    verify: options.verify,
    ports: { old: world.old.port, new: world.new.port },
  });
  await clear(world.old, sourceUser);
  return { title: 'Very many small messages', data: [data], rows, delay: null, notes: [] };
}
