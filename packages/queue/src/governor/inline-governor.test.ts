import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ANN, BOB, clocked, EVE, EVENING, fewer, listener, MB, open, pause, quiet } from './evening.test.support.ts';

const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'], now: EVENING });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('connections', () => {
  it('are never more than the caps, with 50 takers of 13 logins and random aborts, and none is lost', async () => {
    const governor = open({ connections: 7, connectionsPerMailbox: 3 });
    const used = new Map<string, number>();
    let all = 0;
    let most = 0;
    let mostOfOne = 0;
    const count = (user: string, by: number): void => {
      all += by;
      used.set(user, (used.get(user) ?? 0) + by);
      most = Math.max(most, all);
      mostOfOne = Math.max(mostOfOne, used.get(user) ?? 0);
    };
    let seed = 7;
    const next = (): number => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    const taker = async (index: number): Promise<void> => {
      for (let n = 0; n < 20; n += 1) {
        const user = `user${Math.floor(next() * 13)}`;
        const abort = new AbortController();
        const timer = setTimeout(() => abort.abort(), next() < 0.3 ? next() * 50 : 1e6);
        try {
          const giveBack = await governor.connection({ server: 'old', user }, listener(abort.signal));
          count(user, 1);
          await new Promise((resolve) => setTimeout(resolve, next() * 30));
          count(user, -1);
          giveBack();
          if (index % 2 === 0) giveBack();
        } catch (error) {
          expect(error).toBe(abort.signal.reason);
        }
        clearTimeout(timer);
      }
    };
    const takers = Promise.all(Array.from({ length: 50 }, (_, index) => taker(index)));
    await pass(60_000);
    await takers;
    expect([most, mostOfOne, all]).toEqual([7, 3, 0]);
    const free = await Promise.all(
      Array.from({ length: 7 }, (_, index) => governor.connection({ server: 'old', user: `late${index}` }, quiet)),
    );
    expect(free).toHaveLength(7);
  });

  it('go to who came first, past a login that may have no more', async () => {
    const governor = open({ connections: 3, connectionsPerMailbox: 2 });
    const [one] = [await governor.connection(ANN, quiet), await governor.connection(ANN, quiet)];
    const third = clocked(governor.connection(ANN, quiet));
    const bob = clocked(governor.connection(BOB, quiet));
    const other = clocked(governor.connection({ server: 'old', user: 'cat' }, quiet));
    await pass(0);
    expect([third.at, bob.at, other.at]).toEqual([null, 0, null]);
    one();
    await pass(0);
    expect([third.at, other.at]).toEqual([0, null]);
  });

  it('of one server are no business of another', async () => {
    const governor = open({ connections: 1 });
    await governor.connection(ANN, quiet);
    expect(await governor.connection(EVE, quiet)).toBeTypeOf('function');
  });

  it('are fewer for a login after the server asked for that, and rise again by one every five minutes', async () => {
    const governor = open();
    const held = await Promise.all([1, 2, 3, 4].map(() => governor.connection(ANN, quiet)));
    governor.slowDown(ANN, fewer());
    held[3]?.();
    expect([governor.allowance(ANN), governor.allowance(BOB)]).toEqual([3, 4]);
    await pass(5 * 60_000 - 1);
    expect(governor.allowance(ANN)).toBe(3);
    await pass(1);
    expect(governor.allowance(ANN)).toBe(4);
    expect(await governor.connection(ANN, quiet)).toBeTypeOf('function');
  });

  it('that the server took back are not waited for by who has others: he would wait for himself', async () => {
    const governor = open({ connections: 6 });
    const held = await Promise.all([ANN, ANN, BOB, BOB, ANN].map((login) => governor.connection(login, quiet)));
    governor.slowDown(ANN, fewer());
    held[4]?.();
    await expect(governor.connection(ANN, quiet)).rejects.toMatchObject({
      code: 'SERVER_BUSY',
      what: 'old takes no more than 2 connections of ann at once now: "NO [THROTTLED] slow down"',
    });
    governor.slowDown(BOB, fewer({ scope: 'host', pauseMs: 0 }));
    await expect(governor.connection(BOB, quiet)).rejects.toMatchObject({ code: 'SERVER_BUSY' });
    const cat = clocked(governor.connection({ server: 'old', user: 'cat' }, quiet));
    await pass(10);
    expect(cat.at).toBeNull();
    held[2]?.();
    held[3]?.();
    await pass(0);
    expect(cat.at).toBe(10);
  });

  it('are fewer for all when the server said it to all, and never none', async () => {
    const governor = open({ connections: 3 });
    for (let n = 0; n < 5; n += 1) {
      const giveBack = await governor.connection(ANN, quiet).then((give) => give);
      governor.slowDown(ANN, fewer({ scope: 'host', pauseMs: 10 }));
      giveBack();
      await pass(11);
    }
    expect([governor.allowance(ANN), governor.allowance(BOB)]).toEqual([1, 1]);
  });

  it('that the server took back from all are waited for by who has none, and rise again', async () => {
    const governor = open({ connections: 2 });
    const held = [await governor.connection(ANN, quiet), await governor.connection(BOB, quiet)];
    const ann = clocked(governor.connection(ANN, quiet));
    const cat = clocked(governor.connection({ server: 'old', user: 'cat' }, quiet));
    governor.slowDown(BOB, fewer({ scope: 'host' }));
    held[1]?.();
    await pass(0);
    expect([ann.error, cat.at]).toMatchObject([{ code: 'SERVER_BUSY' }, null]);
    await pass(5 * 60_000);
    expect(cat.at).toBe(300_000);
  });

  it('wait when even the only one was refused', async () => {
    const governor = open();
    const giveBack = await governor.connection(ANN, quiet);
    governor.slowDown(ANN, fewer());
    giveBack();
    const again = clocked(governor.connection(ANN, quiet));
    await pass(60_000);
    expect(again.at).toBe(5000);
  });

  it('allow what is free at the server, besides what the login has', async () => {
    const governor = open({ connections: 3 });
    await governor.connection(BOB, quiet);
    await governor.connection(ANN, quiet);
    expect([governor.allowance(ANN), governor.allowance(BOB)]).toEqual([2, 2]);
    await governor.connection(BOB, quiet);
    expect([governor.allowance(ANN), governor.allowance({ server: 'old', user: 'cat' })]).toEqual([1, 1]);
  });
});

describe('pauses', () => {
  it('hold back everything of the login until the time the server named, and nothing of others', async () => {
    const governor = open();
    governor.slowDown(ANN, pause(92_415));
    const command = clocked(governor.admit(ANN, 0, quiet));
    const message = clocked(governor.admit(ANN, 5000, quiet));
    const connection = clocked(governor.connection(ANN, quiet));
    const bob = clocked(governor.admit(BOB, 0, quiet));
    await pass(200_000);
    expect([command.at, connection.at, bob.at]).toEqual([92_415, 92_415, 0]);
    expect(message.at).toBeGreaterThanOrEqual(92_415);
  });

  it('hold back every login when the server said it to all', async () => {
    const governor = open();
    governor.slowDown(ANN, pause(10_000, { scope: 'host' }));
    const bob = clocked(governor.admit(BOB, 0, quiet));
    const eve = clocked(governor.admit(EVE, 0, quiet));
    await pass(20_000);
    expect([bob.at, eve.at]).toEqual([10_000, 0]);
  });

  it('begin while somebody waits already: the latest end counts', async () => {
    const governor = open();
    governor.slowDown(ANN, pause(10_000));
    const ear = listener();
    const command = clocked(governor.admit(ANN, 0, ear));
    await pass(5000);
    governor.slowDown(BOB, pause(60_000, { scope: 'host', words: 'BYE maintenance' }));
    await pass(0);
    expect(ear.heard).toHaveLength(2);
    await pass(100_000);
    expect(command.at).toBe(65_000);
    expect(ear.heard).toEqual([
      { why: 'old asked ann for a pause: "NO [THROTTLED] slow down"', until: '2026-11-22T23:00:10.000Z' },
      { why: 'old asked for a pause: "BYE maintenance"', until: '2026-11-22T23:01:05.000Z' },
      null,
    ]);
  });

  it('are followed by a pace, in order', async () => {
    const governor = open();
    for (let n = 0; n < 20; n += 1) {
      await governor.admit(ANN, 0, quiet);
      await pass(500);
    }
    governor.slowDown(ANN, pause(1000));
    const sent = Array.from({ length: 4 }, () => clocked(governor.admit(ANN, 0, quiet)));
    await pass(20_000);
    expect(sent.map(({ at }) => (at ?? 0) - 10_000)).toEqual([1000, 2000, 3000, 4000]);
  });
});

describe('a wait', () => {
  it('of less than a second is not told', async () => {
    const governor = open();
    governor.slowDown(ANN, pause(999));
    const ear = listener();
    await Promise.all([governor.admit(ANN, 0, ear), pass(999)]);
    expect(ear.heard).toEqual([]);
  });

  it('without a known end is told after a second', async () => {
    const governor = open({ connections: 1 });
    const giveBack = await governor.connection(BOB, quiet);
    const ear = listener();
    const taken = clocked(governor.connection(ANN, ear));
    await pass(999);
    expect(ear.heard).toEqual([]);
    await pass(1);
    expect(ear.heard).toEqual([{ why: 'the one connection to old is in use', until: null }]);
    giveBack();
    await pass(0);
    expect([taken.at, ear.heard.at(-1)]).toEqual([1000, null]);
  });

  it('ends at once with the signal, is told to be over, and holds nobody up', async () => {
    const governor = open({ bytesPerSecond: MB });
    const abort = new AbortController();
    const ear = listener(abort.signal);
    await governor.admit(ANN, MB, quiet);
    const waits = [
      clocked(governor.admit(ANN, 10 * MB, ear)),
      clocked(governor.admit(ANN, 10 * MB, ear)),
      clocked(governor.caughtUp(ANN, ear)),
    ];
    const bob = clocked(governor.admit(BOB, MB, quiet));
    await pass(10);
    abort.abort(new Error('stop'));
    await pass(0);
    expect(waits.map(({ error }) => error)).toEqual(waits.map(() => abort.signal.reason));
    expect(ear.heard.filter((wait) => wait === null)).toHaveLength(ear.heard.length / 2);
    await pass(2000);
    expect(bob.at).toBe(1000);
  });

  it('is none after the signal: what was begun goes on if nothing is in its way, and nothing new is begun', async () => {
    const governor = open({ bytesPerSecond: MB });
    const aborted = listener(AbortSignal.abort(new Error('stop')));
    await expect(governor.connection(ANN, aborted)).rejects.toThrow('stop');
    await governor.admit(ANN, MB, aborted);
    await governor.caughtUp(ANN, aborted);
    governor.crossed(ANN, MB);
    const bob = clocked(governor.admit(BOB, 1, quiet));
    await governor.admit(ANN, 0, aborted);
    await expect(governor.admit(ANN, 1, aborted)).rejects.toThrow('stop');
    await expect(governor.caughtUp(ANN, aborted)).rejects.toThrow('stop');
    governor.slowDown(ANN, pause(10_000));
    await expect(governor.admit(ANN, 0, aborted)).rejects.toThrow('stop');
    await pass(2000);
    expect(bob.at).toBe(1001);
  });

  it('keeps no timer when nobody waits', async () => {
    const governor = open({ bytesPerSecond: MB });
    governor.slowDown(ANN, pause(1000));
    const abort = new AbortController();
    const held = clocked(governor.admit(ANN, 0, listener(abort.signal)));
    expect(vi.getTimerCount()).toBe(1);
    abort.abort();
    await pass(0);
    expect([held.at, vi.getTimerCount()]).toEqual([null, 0]);
  });

  it('is not longer because the clock of the machine was set back', async () => {
    const governor = open();
    governor.slowDown(ANN, pause(10_000));
    const held = clocked(governor.admit(ANN, 0, quiet));
    vi.setSystemTime(EVENING - 86_400_000);
    await pass(10_000);
    expect(held.at).toBe(10_000 - 86_400_000);
  });
});

it('admits at once, again and again, where nothing is in the way', async () => {
  const governor = open();
  for (let n = 0; n < 10_000; n += 1) {
    await governor.admit(ANN, 5000, quiet);
    governor.crossed(ANN, 5000);
    governor.wentWell(ANN);
  }
  expect(vi.getTimerCount()).toBe(0);
});

it('does not know a server that is not in the config', () => {
  expect(() => open().allowance({ server: 'nowhere', user: 'ann' })).toThrow('nowhere');
});
