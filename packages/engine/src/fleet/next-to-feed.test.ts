import type { JobState } from '@mxodus/model';
import { describe, expect, it } from 'vitest';
import { type FeedCredit, type FeedTask, nextToFeed } from './next-to-feed.ts';

const NOW = new Date('2026-12-05T20:00:00Z');
const [A, B] = [1, 2];
const RUNS = [
  { id: A, project: 'acme', state: 'running' },
  { id: B, project: 'beta', state: 'running' },
] as const;

const task = (id: number, of: Partial<FeedTask> = {}): FeedTask => ({
  ...{ id, runId: A, messages: 100, wave: 50, firstAt: null, notBefore: null, ended: false },
  line: of.runId === B ? 'beta' : 'acme',
  ...of,
});

interface Given {
  runs?: Parameters<typeof nextToFeed>[0]['runs'];
  tasks: readonly FeedTask[];
  inQueue?: Record<number, JobState>;
  places?: number;
}

const fed = ({ runs = RUNS, tasks, inQueue = {}, places = 100 }: Given): number[] => {
  const queue = new Map(Object.entries(inQueue).map(([id, state]) => [Number(id), state]));
  return nextToFeed({ runs, tasks, inQueue: queue, places, now: NOW, credit: [] }).add;
};

describe('of one project', () => {
  const later = new Date(NOW.getTime() + 1000).toISOString();
  const before = new Date(NOW.getTime() - 1000).toISOString();
  it.each<{ what: string; given: Given; gives: number[] }>([
    {
      what: 'small mailboxes come before large ones',
      given: { tasks: [task(1, { messages: 9000 }), task(2, { messages: 5 }), task(3, { messages: 0 })] },
      gives: [3, 2, 1],
    },
    {
      what: 'lower waves come first, whatever their size',
      given: { tasks: [task(1), task(2, { wave: 60 }), task(3, { wave: 1, messages: 90_000 })] },
      gives: [3, 1, 2],
    },
    {
      what: '"this one first" comes before all, in the order they were asked for, and does not wait for room',
      given: {
        tasks: [
          task(1, { wave: 1 }),
          task(2, { firstAt: later, wave: 99 }),
          task(3, { firstAt: before, messages: 90_000 }),
          task(4),
        ],
        inQueue: { 4: 'running' },
        places: 0,
      },
      gives: [3, 2, 1],
    },
    {
      what: 'what ended, is in the queue, or is put off for a while is left out',
      given: {
        tasks: [
          task(1, { ended: true }),
          task(2),
          task(3, { notBefore: later }),
          task(4, { notBefore: before }),
          task(5),
        ],
        inQueue: { 2: 'waiting', 5: 'after' },
      },
      gives: [4],
    },
    {
      what: 'the window is twice the places, and at least 4',
      given: { tasks: [1, 2, 3, 4, 5, 6, 7].map((id) => task(id)), inQueue: { 7: 'later' }, places: 1 },
      gives: [1, 2, 3],
    },
    {
      what: 'what is put off, or waits for its folders, takes no room in the window',
      given: {
        tasks: [task(1, { notBefore: later }), task(2), ...[3, 4, 5, 6, 7].map((id) => task(id))],
        inQueue: { 1: 'later', 2: 'after' },
        places: 2,
      },
      gives: [3, 4, 5, 6],
    },
    {
      what: 'a paused run is not fed, and what it has in the queue takes room until it is out',
      given: {
        runs: [{ id: A, project: 'acme', state: 'paused' }],
        tasks: [task(1), task(2)],
      },
      gives: [],
    },
    { what: 'a run that is over is not fed', given: { runs: [], tasks: [task(1)] }, gives: [] },
  ])('$what', ({ given, gives }) => {
    expect(fed(given)).toEqual(gives);
  });
});

describe('of several projects', () => {
  it('each has its turn, for as many messages', () => {
    const large = [1, 2, 3].map((id) => task(id, { messages: 900 }));
    const small = [11, 12, 13, 14].map((id) => task(id, { runId: B, messages: 500 }));
    // 500 + 500 of 1000; 900 of 1000; 500 + 500 of 1000; 900 of 1100; the rest.
    expect(fed({ tasks: [...large, ...small] })).toEqual([11, 12, 1, 13, 14, 2, 3]);
  });

  it('one that clogs its servers leaves the others their part of the window', () => {
    const stuck = Array.from({ length: 8 }, (_, index) => task(index + 1));
    const inQueue = Object.fromEntries(stuck.map(({ id }) => [id, 'later' as const]));
    const others = [21, 22, 23, 24, 25, 26].map((id) => task(id, { runId: B }));
    expect(fed({ tasks: [...stuck, task(9), ...others], inQueue, places: 4 })).toEqual([21, 22, 23, 24]);
  });
});

it('500 mailboxes and a huge one of one customer do not hold up the 50 of another', () => {
  const tasks = [
    task(1, { messages: 50_000 }),
    ...Array.from({ length: 500 }, (_, index) => task(2 + index)),
    ...Array.from({ length: 50 }, (_, index) => task(1001 + index, { runId: B, messages: 50 })),
  ];
  const { order, endedAt } = played(tasks, { places: 8, slice: 5000 });
  const lastOfB = order.findLastIndex((id) => id > 1000);
  const leftOfA = order.slice(lastOfB + 1);
  expect(order).toHaveLength(551);
  // One turn is 10 mailboxes of A and 20 of B: after three of them B has nothing left.
  expect(leftOfA.length).toBeGreaterThan(460);
  expect(leftOfA).toContain(1);
  const alone = played(
    tasks.filter(({ runId }) => runId === B),
    { places: 8, slice: 5000 },
  );
  expect(lastEnd(endedAt, 1001)).toBeLessThan(4 * lastEnd(alone.endedAt, 1001));
});

const lastEnd = (endedAt: ReadonlyMap<number, number>, from: number): number =>
  Math.max(...[...endedAt].flatMap(([id, at]) => (id >= from ? [at] : [])));

/** A fleet that moves one message a tick in each place; whose slice is over goes to the end of the queue. */
function played(tasks: FeedTask[], { places, slice }: { places: number; slice: number }) {
  const order: number[] = [];
  const endedAt = new Map<number, number>();
  const left = new Map(tasks.map(({ id, messages }) => [id, messages]));
  const waiting: number[] = [];
  let running: { id: number; until: number }[] = [];
  let credit: FeedCredit = [];
  for (let now = 0; endedAt.size < tasks.length; now = Math.min(...running.map(({ until }) => until))) {
    for (const { id } of running.filter(({ until }) => until <= now)) {
      const rest = (left.get(id) ?? 0) - slice;
      left.set(id, rest);
      if (rest > 0) waiting.push(id);
      else endedAt.set(id, now);
    }
    running = running.filter(({ until }) => until > now);
    const states = [
      ...waiting.map((id) => [id, 'waiting'] as const),
      ...running.map(({ id }) => [id, 'running'] as const),
    ];
    const open = tasks.filter(({ id }) => !endedAt.has(id));
    const next = nextToFeed({ runs: RUNS, tasks: open, inQueue: new Map(states), places, now: NOW, credit });
    credit = next.credit;
    order.push(...next.add);
    waiting.push(...next.add);
    while (running.length < places) {
      const id = waiting.shift();
      if (id === undefined) break;
      running.push({ id, until: now + Math.min(slice, left.get(id) ?? 0) });
    }
  }
  return { order, endedAt };
}
