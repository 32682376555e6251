import { type DataSetShape, dataSet } from '../data-set/data-set.ts';
import { place } from '../data-set/place.ts';
import { measureDelay } from '../delay/measure-delay.ts';
import { startDelay } from '../delay/start-delay.ts';
import type { BenchOptions } from '../options.ts';
import type { World } from '../world.ts';
import { inTurn, type Share } from './in-turn.ts';
import type { ScenarioResult } from './scenario.ts';

const SHAPE: Omit<DataSetShape, 'messages'> = {
  medianBytes: 4100,
  largestBytes: 10_000_000,
  folders: 12,
  bigMessages: 0,
};

/** imapsync sends one command at a time (7 messages/s at 40 ms), so it gets a mailbox it can finish. */
const IMAPSYNC_AT_MOST = { loopback: 5000, delay: 400 };

/** The whole mailbox, by every tool in turn, over loopback or with a round trip in front of both servers. */
export async function firstCopy(
  world: World,
  options: BenchOptions,
  line: 'loopback' | 'delay',
): Promise<ScenarioResult> {
  const shares: Share[] = [];
  for (const contender of world.contenders) {
    const slow = contender.tool.name === 'imapsync';
    const messages = slow ? Math.min(options.messages, IMAPSYNC_AT_MOST[line]) : options.messages;
    shares.push({ contender, ...(await mailbox(world, messages, options)) });
  }
  const data = [...new Map(shares.map((share) => [share.sourceUser, share.data])).values()];
  const shown = data.map(({ home: _, ...rest }) => rest);
  const { runs, verify, rttMs } = options;
  const turn = { world, label: line, shares, runs, verify };
  if (line === 'loopback') {
    const rows = await inTurn({ ...turn, ports: { old: world.old.port, new: world.new.port } });
    return { title: 'First copy on loopback', data: shown, rows, delay: null, notes: [] };
  }
  const figures = await measureDelay(rttMs);
  const delay = await startDelay([world.old.port, world.new.port], rttMs);
  try {
    const [old = 0, fresh = 0] = delay.ports;
    const rows = await inTurn({ ...turn, ports: { old, new: fresh } });
    const title = `First copy with a round trip of ${rttMs} ms to the source and ${rttMs} ms to the destination`;
    return { title, data: shown, rows, delay: figures, notes: [] };
  } finally {
    await delay.stop();
  }
}

const placed = new WeakMap<World, Set<string>>();

/** The mailbox of this size, at the old server. */
async function mailbox(world: World, messages: number, options: BenchOptions) {
  const data = await dataSet({ ...SHAPE, messages }, options);
  const sourceUser = `source-${messages}`;
  const there = placed.get(world) ?? new Set();
  placed.set(world, there);
  if (!there.has(sourceUser)) await place(data, world.old, sourceUser);
  there.add(sourceUser);
  return { data, sourceUser };
}
