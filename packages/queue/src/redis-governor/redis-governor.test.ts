import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '@mxodus/lab';
import type {
  Governor,
  Login,
  RequestGovernor,
  RequestLimits,
  ServerBurden,
  TrafficBook,
  WaitOptions,
} from '@mxodus/model';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { fewer, listener, pause, quiet } from '../governor/evening.test.support.ts';
import { FleetRedis } from './fleet-redis.ts';
import { type FleetServer, startFleetServer } from './redis.test.support.ts';
import { redisGovernor } from './redis-governor.ts';
import { redisRequestGovernor } from './redis-request-governor.ts';

const ANN: Login = { server: 'old', user: 'ann@example.org' };
const BOB: Login = { server: 'old', user: 'bob@example.org' };
const MB = 1_000_000;

let server: FleetServer;
const closes: (() => unknown)[] = [];
/** Another server of the config for each test: nothing is left of the one before. */
let round = 0;

beforeAll(async () => {
  server = await startFleetServer();
});
afterAll(async () => {
  for (const close of closes) await close();
  await server.stop();
});
beforeEach(() => {
  round += 1;
});

const HOLD_MS = 2000;

/** The governors of one worker, over a connection of its own. */
function worker(
  some: Partial<ServerBurden & RequestLimits> = {},
  { book = null, redis = server.connect() }: { book?: TrafficBook | null; redis?: Redis } = {},
): { governor: Governor; requests: RequestGovernor; redis: Redis; close(): Promise<void> } {
  const none = { bytesPerSecond: null, bytesPerDay: null };
  const window = { most: 10_000, inMs: 600_000 };
  const burden = { connections: 20, connectionsPerMailbox: 4, ...none, ...some };
  const limits = {
    ...{ concurrent: 4, requests: window, upload: { mostBytes: 150 * MB, inMs: 300_000 } },
    ...none,
    ...some,
  };
  const key = `s${round}`;
  const fleet = new FleetRedis(redis, 'test');
  const options = { fleet, keyOf: () => key, book, holdMs: HOLD_MS, now: () => new Date() };
  const governor = redisGovernor({ old: burden }, options);
  const requests = redisRequestGovernor({ old: limits }, options);
  const close = async (): Promise<void> => {
    await governor.close();
    await requests.close();
    fleet.close();
  };
  closes.push(close);
  return { governor, requests, redis, close };
}

/** Milliseconds it takes. */
async function took(promise: Promise<unknown>): Promise<number> {
  const start = performance.now();
  await promise;
  return performance.now() - start;
}

/** Whether it has to wait; it is given up then. */
async function waits(ask: (wait: WaitOptions) => Promise<unknown>): Promise<boolean> {
  const abort = new AbortController();
  const asked = ask(listener(abort.signal)).then(
    () => false,
    () => true,
  );
  const timer = setTimeout(() => abort.abort(new Error('enough')), 80);
  const waited = await asked;
  clearTimeout(timer);
  return waited;
}

const commandWaits = ({ governor }: { governor: Governor }, login: Login, bytes = 0): Promise<boolean> =>
  waits((wait) => governor.admit(login, bytes, wait));

async function disconnect(redis: Redis): Promise<void> {
  redis.disconnect();
  await once(redis, 'end');
}

/** Everything Redis knows. */
async function memory(redis: Redis): Promise<string> {
  const keys = await redis.keys('*');
  const dumps = await Promise.all(keys.map(async (key) => (await redis.dumpBuffer(key))?.toString('latin1')));
  return [...keys, ...dumps].join('\n');
}

describe('what a server asked of one worker', () => {
  it('is done by all, for that login or for all of them, and Redis does not learn who it was', async () => {
    const [one, two] = [worker(), worker()];
    await Promise.all([ANN, BOB].map((login) => two.governor.admit(login, 0, quiet)));
    one.governor.slowDown(ANN, pause(5000, { words: 'NO ann@example.org: too fast, bob@example.org' }));
    await until('two heard of it', () => commandWaits(two, ANN));
    expect(await commandWaits(two, BOB)).toBe(false);
    const seen = await memory(server.connect());
    expect(seen).toContain('too fast');
    expect(seen).not.toMatch(/ann|bob|example/);
    one.governor.slowDown(BOB, pause(30_000, { scope: 'host', words: 'busy' }));
    await until('two heard of it', () => commandWaits(two, BOB));
    const leave = new AbortController();
    const ear = listener(leave.signal);
    const waiting = two.governor.admit(BOB, 0, ear);
    await until('it is told', () => ear.heard.length > 0);
    expect(ear.heard[0]?.why).toBe('old asked for a pause: "busy"');
    leave.abort();
    await expect(waiting).rejects.toThrow();
  });

  it('is one connection less than each has; who has none has no more than who was refused', async () => {
    const [one, two] = [worker(), worker()];
    const held = await Promise.all([
      ...[1, 2, 3, 4].map(() => one.governor.connection(ANN, quiet)),
      ...[1, 2, 3].map(() => two.governor.connection(BOB, quiet)),
    ]);
    one.governor.slowDown(ANN, fewer({ scope: 'host' }));
    await until('two heard of it', () => two.governor.allowance(ANN) === 1);
    for (const giveBack of held) giveBack();
    const late = worker();
    (await late.governor.connection(ANN, quiet))();
    expect([one, two, late].map(({ governor }) => governor.allowance(ANN))).toEqual([3, 2, 3]);
  });

  it('is learned by a worker that starts later, and by one that could not hear it', async () => {
    const [one, two] = [worker(), worker()];
    await two.governor.admit(ANN, 0, quiet);
    await server.ask('CLIENT', 'KILL', 'TYPE', 'pubsub');
    one.governor.slowDown(ANN, pause(5000));
    one.governor.slowDown(BOB, pause(5000));
    await until('it is kept', async () => (await one.redis.keys(`*pause:s${round}*`)).length === 2);
    expect(await commandWaits(worker(), BOB)).toBe(true);
    await until('two learned of it', () => commandWaits(two, ANN));
  });

  it('is told when Redis is back', async () => {
    const [one, two] = [worker(), worker()];
    await two.governor.admit(ANN, 0, quiet);
    await disconnect(one.redis);
    one.governor.slowDown(ANN, pause(5000));
    expect(await commandWaits(two, ANN)).toBe(false);
    await one.redis.connect();
    await until('two heard of it', () => commandWaits(two, ANN));
  });
});

describe('bytes a second', () => {
  it('hold for all workers together; without Redis each goes on with its share', async () => {
    const workers = [1, 2, 3].map(() => worker({ bytesPerSecond: MB }));
    await Promise.all(workers.map(({ governor }) => governor.admit(ANN, 0, quiet)));
    const send = ({ governor }: { governor: Governor }, messages: number): Promise<unknown> =>
      Promise.all(Array.from({ length: messages }, () => governor.admit(ANN, 50_000, quiet)));
    // 2.1 MB, of which half a second's worth goes at once.
    expect(await took(Promise.all(workers.map((one) => send(one, 14))))).toBeGreaterThanOrEqual(1500);
    const [alone] = workers;
    if (alone === undefined) return;
    await sleep(600);
    await disconnect(alone.redis);
    // 500 kB at a third of a MB a second, of which one second's worth goes at once.
    const time = await took(send(alone, 10));
    expect(time).toBeGreaterThanOrEqual(450);
    expect(time).toBeLessThan(5000);
  });
});

describe('the budget of a day', () => {
  function bookOf(before: number): TrafficBook & { sum: number } {
    const book = {
      sum: before,
      spent: async () => book.sum,
      add: async (_: Login, __: string, bytes: number) => {
        book.sum += bytes;
      },
    };
    return book;
  }

  it('is one for all workers, begins with what the book says, and ends as the book does', async () => {
    const book = bookOf(400_000);
    const workers = [1, 2, 3].map(() => worker({ bytesPerDay: 2 * MB }, { book }));
    const abort = new AbortController();
    let sent = 400_000;
    const sender = async ({ governor }: { governor: Governor }): Promise<void> => {
      for (let n = 1; n < 100; n += 1) {
        const bytes = (n * 48_271) % 30_011;
        await governor.admit(ANN, bytes, listener(abort.signal));
        sent += bytes;
      }
    };
    const all = Promise.allSettled(workers.map(sender));
    await until('the budget is used up', () => sent > 1_900_000);
    await sleep(100);
    abort.abort(new Error('stop'));
    await all;
    expect(sent).toBeLessThanOrEqual(2 * MB);
    await Promise.all(workers.map(({ close }) => close()));
    expect(book.sum).toBe(sent);
  });

  it('is what the book says after Redis lost its memory, and while it is away', async () => {
    const book = bookOf(0);
    const [one, two] = [worker({ bytesPerDay: MB }, { book }), worker({ bytesPerDay: MB }, { book })];
    await one.governor.admit(ANN, 700_000, quiet);
    await one.close();
    await server.flushAll();
    expect(await commandWaits(two, ANN, 400_000)).toBe(true);
    await two.governor.admit(ANN, 100_000, quiet);
    await disconnect(two.redis);
    book.sum += 150_000;
    expect(await commandWaits(two, ANN, 100_000)).toBe(true);
    await two.governor.admit(ANN, 50_000, quiet);
  });
});

describe('requests to one mailbox', () => {
  const send = async ({ requests }: { requests: RequestGovernor }, bytes = 0): Promise<void> =>
    (await requests.request(ANN, bytes, quiet))();

  it('keep the windows, the four at once and the pauses when it goes to another worker', async () => {
    const some = { requests: { most: 8, inMs: 1500 } };
    const [one, two] = [worker(some), worker(some)];
    const requestWaits = ({ requests }: { requests: RequestGovernor }, login: Login): Promise<boolean> =>
      waits((wait) => requests.request(login, 0, wait));
    const start = performance.now();
    const held = await Promise.all([1, 2, 3].map(() => one.requests.request(ANN, 0, quiet)));
    await send(two);
    const fourth = await two.requests.request(ANN, 0, quiet);
    expect(await requestWaits(two, ANN)).toBe(true);
    for (const answered of [...held, fourth]) answered();
    await Promise.all([send(two), send(two), send(one)]);
    expect(performance.now() - start).toBeLessThan(1500);
    await send(one);
    expect(performance.now() - start).toBeGreaterThanOrEqual(1500);
    one.requests.pause(BOB, 5000, '429 bob@example.org');
    await until('the pause is kept', async () => (await one.redis.keys(`*requests:pause:s${round}*`)).length > 0);
    expect(await requestWaits(two, BOB)).toBe(true);
  });

  it('of a worker that died are under way no more when it was not heard of for long enough; those of one that lives are', async () => {
    const [dead, living, heir] = [worker(), worker(), worker()];
    const request = ({ requests }: { requests: RequestGovernor }) => requests.request(ANN, 0, quiet);
    await Promise.all([request(dead), request(dead), request(living), request(living)]);
    await disconnect(dead.redis);
    const start = performance.now();
    await Promise.all([request(heir), request(heir)]);
    expect(performance.now() - start).toBeGreaterThan(HOLD_MS / 2);
    expect(await waits((wait) => heir.requests.request(ANN, 0, wait))).toBe(true);
  });

  it('go on without Redis, within the limits of the process', async () => {
    const one = worker({ requests: { most: 3, inMs: 400 } });
    await send(one);
    await disconnect(one.redis);
    expect(await took(Promise.all([send(one), send(one)]))).toBeLessThan(300);
    expect(await took(send(one))).toBeGreaterThanOrEqual(100);
    await one.redis.connect();
    await send(one);
  });
});
