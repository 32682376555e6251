import type { Login, RequestLimits, TrafficBook, Wait, WaitOptions } from '@mxodus/model';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ANN, BOB, clocked, EVENING, listener, MB, quiet } from '../governor/evening.test.support.ts';
import { inlineRequestGovernor } from './inline-request-governor.ts';

const MICROSOFT: RequestLimits = {
  concurrent: 4,
  requests: { most: 10_000, inMs: 600_000 },
  upload: { mostBytes: 150 * MB, inMs: 300_000 },
  bytesPerSecond: null,
  bytesPerDay: null,
};

const open = (some: Partial<RequestLimits> = {}, book: TrafficBook | null = null) =>
  inlineRequestGovernor({ old: { ...MICROSOFT, ...some } }, { book, now: () => new Date() });

const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'], now: EVENING });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('requests under way', () => {
  it('are never more than four of a mailbox, first come first served, whatever is aborted in between', async () => {
    const governor = open();
    let [used, most] = [0, 0];
    const order: number[] = [];
    const one = async (index: number, signal: AbortSignal): Promise<void> => {
      const answered = await governor.request(ANN, 0, listener(signal));
      order.push(index);
      used += 1;
      most = Math.max(most, used);
      await new Promise((resolve) => setTimeout(resolve, 10));
      used -= 1;
      answered();
      answered();
    };
    const aborts = Array.from({ length: 40 }, () => new AbortController());
    const all = Promise.allSettled(aborts.map(({ signal }, index) => one(index, signal)));
    await pass(15);
    for (const index of [9, 20, 39]) aborts[index]?.abort(new Error('stop'));
    await pass(1000);
    const results = await all;
    expect([used, most]).toEqual([0, 4]);
    expect(order).toEqual(
      Array.from({ length: 40 }, (_, index) => index).filter((index) => ![9, 20, 39].includes(index)),
    );
    expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(3);
  });

  it('of one mailbox are no business of another', async () => {
    const governor = open({ concurrent: 1 });
    await governor.request(ANN, 0, quiet);
    expect(await governor.request(BOB, 0, quiet)).toBeTypeOf('function');
  });

  it('are all of them for a batch, which waits for the others and is not overtaken', async () => {
    const governor = open();
    const answered = await governor.request(ANN, 0, quiet);
    const batch = clocked(governor.request(ANN, 100, quiet, 20));
    const behind = clocked(governor.request(ANN, 0, quiet));
    await pass(0);
    expect([batch.at, behind.at]).toEqual([null, null]);
    answered();
    await pass(0);
    expect([batch.at, behind.at]).toEqual([0, null]);
  });

  /** How many the governor lets go at once. */
  async function atOnce(governor: ReturnType<typeof open>): Promise<number> {
    const abort = new AbortController();
    const granted: (() => void)[] = [];
    for (let n = 0; n < 6; n += 1) {
      governor.request(ANN, 0, listener(abort.signal)).then(
        (answered) => granted.push(answered),
        () => undefined,
      );
    }
    await pass(0);
    abort.abort(new Error('enough'));
    for (const answered of granted) answered();
    return granted.length;
  }
  async function goWell(governor: ReturnType<typeof open>, count: number): Promise<void> {
    for (let n = 0; n < count; n += 1) (await governor.request(ANN, 0, quiet))();
  }

  it('are one fewer after the server turned some of them away, and one more again after fifty that went well', async () => {
    const governor = open();
    expect([await atOnce(governor), governor.reducedTo(ANN)]).toEqual([4, null]);
    // Two that were sent together: one complaint.
    governor.pause(ANN, 1000, '429');
    governor.pause(ANN, 900, '429');
    await pass(1000);
    expect([await atOnce(governor), governor.reducedTo(ANN), governor.reducedTo(BOB)]).toEqual([3, 3, null]);
    await goWell(governor, 46);
    expect(governor.reducedTo(ANN)).toBe(3);
    await goWell(governor, 1);
    expect([await atOnce(governor), governor.reducedTo(ANN)]).toEqual([4, null]);
  });

  it('are never none, however often the server complains', async () => {
    const governor = open();
    for (let n = 0; n < 9; n += 1) {
      governor.pause(ANN, 1000, '429');
      await pass(1000);
    }
    expect([await atOnce(governor), governor.reducedTo(ANN)]).toEqual([1, 1]);
    const batch = clocked(governor.request(ANN, 0, quiet, 20));
    await pass(0);
    expect(batch.at).toBe(9000);
  });
});

describe('a wait', () => {
  /** Has a mailbox do `first`, each answered at once, and hears what the next request is told. */
  async function heard(
    some: Partial<RequestLimits>,
    first: readonly number[],
    bytes: number,
    wait: WaitOptions & { heard: (Wait | null)[] } = listener(),
  ) {
    const governor = open(some);
    for (const size of first) (await governor.request(ANN, size, quiet))();
    const next = clocked(governor.request(ANN, bytes, wait));
    await pass(0);
    return { governor, wait, next };
  }

  it.each<[string, Partial<RequestLimits>, number[], number, string, number]>([
    [
      'for the number of requests',
      { requests: { most: 2, inMs: 600_000 } },
      [0, 0],
      0,
      'the limit of 2 requests in 10 minutes for ann at old is reached',
      603_000,
    ],
    [
      "for Microsoft's limit of bytes",
      {},
      [100 * MB, 50 * MB],
      1,
      "Microsoft's limit of 150 MB in 5 minutes for ann at old is reached",
      301_500,
    ],
    [
      'of what is larger than the limit, for an empty window',
      { upload: { mostBytes: MB, inMs: 60_000 } },
      [1],
      3 * MB,
      'the limit of 1 MB in 1 minute for ann at old is reached',
      60_300,
    ],
    [
      'for the rate of the server',
      { bytesPerSecond: MB },
      [MB],
      5 * MB,
      'the limit of 1 MB a second for old is reached',
      1000,
    ],
    [
      "for the day's budget",
      { bytesPerDay: 5 * MB },
      [5 * MB],
      1,
      'the daily budget of 5 MB for ann at old is used up',
      3_600_000,
    ],
  ])('%s is told with its end, and keeps to it', async (_, some, first, bytes, why, ms) => {
    const { wait, next } = await heard(some, first, bytes);
    expect(wait.heard[0]).toEqual({ why, until: new Date(EVENING + Math.ceil(ms / 1000) * 1000).toISOString() });
    await pass(ms - 10);
    const early = next.at;
    await pass(20);
    expect([early, wait.heard.at(-1)]).toEqual([null, null]);
    expect(next.at).toBeGreaterThanOrEqual(ms);
  });

  it('for bytes lets requests without a body pass', async () => {
    const { governor, next } = await heard({}, [150 * MB], MB);
    const small = clocked(governor.request(ANN, 0, quiet));
    const other = clocked(governor.request(BOB, MB, quiet));
    await pass(0);
    expect([next.at, small.at, other.at]).toEqual([null, 0, 0]);
  });

  it('with an end is told rather than one without', async () => {
    const { governor, wait } = await heard({ concurrent: 1 }, [150 * MB], MB);
    await governor.request(ANN, 0, quiet);
    governor.request(ANN, MB, wait).catch(() => undefined);
    await pass(5000);
    expect(new Set(wait.heard.map((one) => one?.until))).toEqual(new Set(['2026-11-22T23:05:02.000Z']));
    await governor.close();
  });

  it('ends when its signal aborts, and gives its place in the rate back', async () => {
    const stop = new AbortController();
    const { governor, next } = await heard({ bytesPerSecond: MB }, [MB], 50 * MB, listener(stop.signal));
    stop.abort(new Error('stop'));
    await pass(0);
    expect(next.error).toEqual(new Error('stop'));
    const other = clocked(governor.request(BOB, MB, quiet));
    await pass(1000);
    expect(other.at).toBe(1000);
    await expect(governor.request(ANN, 0, listener(stop.signal))).rejects.toThrow('stop');
  });

  it('ends with INTERRUPTED when the governor is closed', async () => {
    const { governor, next } = await heard({ concurrent: 1, requests: { most: 1, inMs: 60_000 } }, [0], 0);
    await governor.close();
    await pass(0);
    expect(next.error).toMatchObject({ code: 'INTERRUPTED' });
  });
});

describe('a pause', () => {
  it('holds up everything of its mailbox, as long as the longest asked for, and says what the server said', async () => {
    const governor = open();
    governor.pause(ANN, 300_000, 'HTTP 429 ApplicationThrottled: Application is over its MailboxConcurrency limit.');
    governor.pause(ANN, 1000, 'HTTP 429');
    const wait = listener();
    const [ann, bob] = [clocked(governor.request(ANN, 0, wait)), clocked(governor.request(BOB, 0, quiet))];
    await pass(299_999);
    expect([ann.at, bob.at]).toEqual([null, 0]);
    await pass(1);
    expect(ann.at).toBe(300_000);
    expect(wait.heard).toEqual([
      {
        why: 'old would not go on with ann: "HTTP 429 ApplicationThrottled: Application is over its MailboxConcurrency limit."',
        until: '2026-11-22T23:05:00.000Z',
      },
      null,
    ]);
  });
});

it('remembers the bytes of a day in the book, and goes on from there', async () => {
  const spent = new Map<string, number>([['ann 2026-11-22', 4 * MB]]);
  const book: TrafficBook = {
    spent: async (login: Login, day) => spent.get(`${login.user} ${day}`) ?? 0,
    add: async (login, day, bytes) =>
      void spent.set(`${login.user} ${day}`, (spent.get(`${login.user} ${day}`) ?? 0) + bytes),
  };
  const governor = open({ bytesPerDay: 5 * MB }, book);
  const [one, two] = [clocked(governor.request(ANN, MB, quiet)), clocked(governor.request(ANN, MB, quiet))];
  await pass(3000);
  expect([one.at, two.at]).toEqual([0, null]);
  await pass(3_600_000);
  expect(two.at).toBe(3_600_000);
  await governor.close();
  expect([...spent.values()]).toEqual([5 * MB, MB]);
});

it('rejects what has bytes when the book cannot be read', async () => {
  const broken = async (): Promise<never> => {
    throw new Error('the disk is gone');
  };
  const governor = open({ bytesPerDay: MB }, { spent: broken, add: broken });
  await expect(governor.request(ANN, 1, quiet)).rejects.toThrow('the disk is gone');
  expect(await governor.request(ANN, 0, quiet)).toBeTypeOf('function');
});
