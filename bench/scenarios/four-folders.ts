import { dataSet } from '../data-set/data-set.ts';
import { place } from '../data-set/place.ts';
import { startDelay } from '../delay/start-delay.ts';
import type { BenchOptions } from '../options.ts';
import type { World } from '../world.ts';
import { inTurn } from './in-turn.ts';
import type { ScenarioResult } from './scenario.ts';

const AT_MOST = 5000;

/** A pass that finds nothing to do, at a distance, over a mailbox of four folders: what is left are the round trips. */
export async function fourFolders(world: World, options: BenchOptions): Promise<ScenarioResult> {
  const { rttMs, runs, verify } = options;
  const messages = Math.min(options.messages, AT_MOST);
  const shape = { messages, medianBytes: 4100, largestBytes: 1_000_000, folders: 4, bigMessages: 0 };
  const { home, ...data } = await dataSet(shape, options);
  const sourceUser = 'source-four';
  await place({ home, ...data }, world.old, sourceUser);
  const delay = await startDelay([world.old.port, world.new.port], 0);
  try {
    const [old = 0, fresh = 0] = delay.ports;
    const rows = await inTurn({
      world,
      label: 'four',
      shares: world.contenders.map((contender) => ({ contender, data: { home, ...data }, sourceUser })),
      runs,
      verify,
      ports: { old, new: fresh },
      beforeFirst: () => delay.setRoundTrip(0),
      beforeAgain: () => delay.setRoundTrip(rttMs),
    });
    return {
      title: `No-change pass with ${rttMs} ms to each server, four folders`,
      data: [data],
      rows,
      delay: null,
      notes: [`The first copy runs without delay; only the no-change pass has the ${rttMs} ms.`],
    };
  } finally {
    await delay.stop();
  }
}
