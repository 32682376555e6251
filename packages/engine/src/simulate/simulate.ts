import { SLICE } from './figures.ts';
import type { Limit } from './limit.ts';
import { Migration } from './migration.ts';
import type { World } from './world.ts';

/** What came of it. Times are seconds from the start. */
export interface Simulation {
  workers: number;
  /** Until the last mailbox is done. */
  makespan: number;
  /** Until half of the mailboxes are done, and more of them. */
  done: { half: number; ninety: number; ninetyNine: number };
  messages: number;
  bytes: number;
  mailboxes: number;
  /** Mailbox hours that each limit held somebody up, the longest first. */
  heldUp: { limit: Limit; mailboxHours: number }[];
  /** What held up the mailbox that was done last for the longest; null: there is none. */
  last: Limit | null;
  /** Parts of one: of the cores of all workers, and of their places (null: they have no number). */
  use: { cpu: number; places: number | null };
  /** Moments that were looked at. */
  moments: number;
}

/** @param grain moments so close together, in seconds, are looked at as one: quicker, and by so much less exact */
export function simulate(world: World, grain = 0): Simulation {
  const migration = new Migration(world, grain);
  migration.run();
  const { runs, limits, now } = migration;
  const { workers, cores, places } = world.fleet;
  const ends = runs.map(({ doneAt }) => doneAt).toSorted((a, b) => a - b);
  const after = (part: number): number => ends[Math.ceil(part * ends.length) - 1] ?? 0;
  const total: number[] = [];
  for (const { heldUp } of runs) {
    heldUp.forEach((seconds, limit) => {
      total[limit] = (total[limit] ?? 0) + seconds;
    });
  }
  const latest = runs.reduce(
    (last, run) => (run.doneAt > last.doneAt ? run : last),
    runs[0] ?? { doneAt: 0, heldUp: [] },
  );
  const cpu = runs.reduce((sum, { moved, course }) => sum + moved * course.cpuPerMessage, 0);
  const ofAll = (seconds: number, count: number): number => (now === 0 ? 0 : seconds / (count * workers * now));
  return {
    workers,
    makespan: now,
    done: { half: after(0.5), ninety: after(0.9), ninetyNine: after(0.99) },
    messages: Math.round(runs.reduce((sum, { moved }) => sum + moved, 0)),
    bytes: runs.reduce((sum, { mailbox }) => sum + mailbox.bytes, 0),
    mailboxes: runs.length,
    heldUp: limits.ranked(total).map(({ limit, seconds }) => ({ limit, mailboxHours: seconds / 3600 })),
    last: limits.ranked(latest.heldUp)[0]?.limit ?? null,
    use: {
      cpu: ofAll(cpu, cores),
      places: places === Number.POSITIVE_INFINITY ? null : ofAll(migration.placedSeconds, places),
    },
    moments: migration.moments,
  };
}

const MANY = 1000;

/** Above 1,000 mailboxes a hundredth of a slice is no matter. */
export const grainOf = ({ mailboxes }: World): number => (mailboxes.length > MANY ? SLICE.value / 100 : 0);
