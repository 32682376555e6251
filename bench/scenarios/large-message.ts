import { dataSet } from '../data-set/data-set.ts';
import { place } from '../data-set/place.ts';
import type { BenchOptions } from '../options.ts';
import type { World } from '../world.ts';
import { inTurn } from './in-turn.ts';
import type { ScenarioResult } from './scenario.ts';

const AT_MOST = 2000;
const BYTES = 150_000_000;

/** One message of 150 MB among others: the peak says whether it went through memory. imapsync would need twice its size. */
export async function largeMessage(world: World, options: BenchOptions): Promise<ScenarioResult> {
  const messages = Math.min(options.messages, AT_MOST);
  const shape = { messages, medianBytes: 4100, largestBytes: BYTES, folders: 6, bigMessages: 1 };
  const { home, ...data } = await dataSet(shape, options);
  const sourceUser = 'source-large';
  await place({ home, ...data }, world.old, sourceUser);
  const contenders = world.contenders.filter(({ tool }) => tool.name !== 'imapsync');
  const rows = await inTurn({
    world,
    label: 'large',
    shares: contenders.map((contender) => ({ contender, data: { home, ...data }, sourceUser })),
    runs: 1,
    verify: options.verify,
    ports: { old: world.old.port, new: world.new.port },
  });
  return { title: 'A message of 150 MB among others', data: [data], rows, delay: null, notes: [] };
}
