import type { Limit } from './limit.ts';
import { type Simulation, simulate } from './simulate.ts';
import type { World } from './world.ts';

/** What more workers would gain. */
export interface WorkersThatPay {
  /** By number of workers; seconds. */
  tried: readonly { workers: number; makespan: number }[];
  /** One more than these gains less than a twentieth. */
  pays: number;
  /** The part of the time one more would save; never less than 0. */
  nextGain: number;
  /** What decides then how long it takes; null: there is nothing to move. */
  decides: Limit | null;
}

const WORTH_IT = 0.05;
/** Twice as many that gain less than this: neither do more of them. */
const NOTHING = 0.01;
const MOST = 64;

/** Finds the number by trying: powers of two first, then between the last two. */
export function workersThatPay(world: World, grain = 0): WorkersThatPay {
  const tried = new Map<number, Simulation>();
  const play = (workers: number): Simulation => {
    const known = tried.get(workers);
    if (known !== undefined) return known;
    const played = simulate({ ...world, fleet: { ...world.fleet, workers } }, grain);
    tried.set(workers, played);
    return played;
  };
  for (let workers = 1; workers <= MOST; workers *= 2) {
    const before = tried.get(workers / 2);
    if (before !== undefined && gain(before, play(workers)) < NOTHING) break;
    play(workers);
  }
  /** By what each worker more gains, on the average, in what was tried. */
  const isEnough = (workers: number): boolean => {
    const here = play(workers);
    play(workers + 1);
    return [...tried.values()].every(
      (more) => more.workers <= workers || gain(here, more, more.workers - workers) < WORTH_IT,
    );
  };
  let enough = 1;
  while (enough < MOST && !isEnough(enough)) enough *= 2;
  let tooFew = Math.floor(enough / 2);
  while (enough - tooFew > 1) {
    const middle = Math.floor((tooFew + enough) / 2);
    if (isEnough(middle)) enough = middle;
    else tooFew = middle;
  }
  const next = play(enough + 1);
  return {
    tried: [...tried.values()]
      .map(({ workers, makespan }) => ({ workers, makespan }))
      .toSorted((a, b) => a.workers - b.workers),
    pays: enough,
    nextGain: Math.max(0, gain(play(enough), next)),
    decides: next.last,
  };
}

/** The part of the time saved, for each of so many steps. */
const gain = (from: Simulation, to: Simulation, steps = 1): number =>
  from.makespan <= 0 ? 0 : 1 - (to.makespan / from.makespan) ** (1 / steps);
