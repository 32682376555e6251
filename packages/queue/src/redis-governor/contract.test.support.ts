import { setTimeout as sleep } from 'node:timers/promises';
import type { Governor, Login, RequestGovernor, RequestLimits, ServerBurden } from '@mxodus/model';
import { afterEach, describe, expect, it } from 'vitest';
import { ANN, BOB, fewer, listener, pause, quiet } from '../governor/evening.test.support.ts';

type Closing<T> = T & { close(): Promise<void> };

/** What a governor promises of one worker, whoever counts: in real time, so only what a busy machine does not change is asked. */
export function governorContract(name: string, open: (burden: ServerBurden) => Closing<Governor>): void {
  let opened: Closing<Governor>[] = [];
  const governor = (some: Partial<ServerBurden> = {}): Governor => {
    const made = open({ connections: 20, connectionsPerMailbox: 4, bytesPerSecond: null, bytesPerDay: null, ...some });
    opened.push(made);
    return made;
  };
  afterEach(async () => {
    await Promise.all(opened.map((one) => one.close()));
    opened = [];
  });

  describe(`a ${name} governor`, () => {
    it('never has more connections than the caps', async () => {
      const mine = governor({ connections: 5, connectionsPerMailbox: 2 });
      const [all, mostOfAll] = [{ now: 0, most: 0 }, new Map<string, number>()];
      const taker = async (index: number): Promise<void> => {
        const user = `user${index % 4}`;
        const giveBack = await mine.connection({ server: 'old', user }, quiet);
        all.now += 1;
        all.most = Math.max(all.most, all.now);
        mostOfAll.set(user, (mostOfAll.get(user) ?? 0) + 1);
        expect(mostOfAll.get(user)).toBeLessThanOrEqual(2);
        await sleep(3);
        mostOfAll.set(user, (mostOfAll.get(user) ?? 0) - 1);
        all.now -= 1;
        giveBack();
      };
      await Promise.all(Array.from({ length: 40 }, (_, index) => taker(index)));
      expect(all.most).toBe(5);
    });

    it('holds everything of a login back until the time the server named, and nothing of others', async () => {
      const mine = governor();
      const start = performance.now();
      await mine.admit(ANN, 0, quiet);
      mine.slowDown(ANN, pause(400));
      const bob = mine.admit(BOB, 0, quiet).then(() => performance.now() - start);
      await Promise.all([mine.admit(ANN, 0, quiet), mine.connection(ANN, quiet)]);
      expect(performance.now() - start).toBeGreaterThanOrEqual(400);
      expect(await bob).toBeLessThan(400);
    });

    it('has fewer connections after the server asked for that', async () => {
      const mine = governor();
      const held = await Promise.all([1, 2, 3, 4].map(() => mine.connection(ANN, quiet)));
      mine.slowDown(ANN, fewer());
      expect([mine.allowance(ANN), mine.allowance(BOB)]).toEqual([3, 4]);
      for (const giveBack of held) giveBack();
    });

    it('keeps the bytes a second, and lets commands without bytes pass', async () => {
      const mine = governor({ bytesPerSecond: 1_000_000 });
      const start = performance.now();
      const sent = Array.from({ length: 20 }, () => mine.admit(ANN, 100_000, quiet));
      await mine.admit(ANN, 0, quiet);
      expect(performance.now() - start).toBeLessThan(1000);
      await Promise.all(sent);
      // 2 MB, of which a full bucket lets one second's worth go at once.
      expect(performance.now() - start).toBeGreaterThanOrEqual(950);
    });

    it('makes up for what crossed unasked before anything else crosses', async () => {
      const mine = governor({ bytesPerSecond: 1_000_000 });
      const start = performance.now();
      mine.crossed(ANN, 1_500_000);
      await mine.caughtUp(BOB, quiet);
      expect(performance.now() - start).toBeGreaterThanOrEqual(450);
    });

    it('uses no more than the budget of a day', async () => {
      const mine = governor({ bytesPerDay: 1000 });
      const abort = new AbortController();
      const sizes = [600, 300, 200];
      const sent = await Promise.race([
        Promise.all(sizes.map((bytes) => mine.admit(ANN, bytes, listener(abort.signal)))),
        sleep(200),
      ]);
      expect(sent).toBeUndefined();
      await mine.admit(ANN, 0, quiet);
      await mine.admit(BOB, 600, quiet);
      abort.abort(new Error('stop'));
    });

    it('ends a wait with the signal', async () => {
      const mine = governor({ connections: 1 });
      await mine.connection(BOB, quiet);
      const abort = new AbortController();
      const held = mine.connection(ANN, listener(abort.signal));
      abort.abort(new Error('stop'));
      await expect(held).rejects.toThrow('stop');
    });
  });
}

const MICROSOFT: RequestLimits = {
  concurrent: 4,
  requests: { most: 10_000, inMs: 600_000 },
  upload: { mostBytes: 150_000_000, inMs: 300_000 },
  bytesPerSecond: null,
  bytesPerDay: null,
};

export function requestContract(name: string, open: (limits: RequestLimits) => Closing<RequestGovernor>): void {
  let opened: Closing<RequestGovernor>[] = [];
  const governor = (some: Partial<RequestLimits> = {}): RequestGovernor => {
    const made = open({ ...MICROSOFT, ...some });
    opened.push(made);
    return made;
  };
  afterEach(async () => {
    await Promise.all(opened.map((one) => one.close()));
    opened = [];
  });
  const send = async (mine: RequestGovernor, login: Login, bytes = 0): Promise<void> =>
    (await mine.request(login, bytes, quiet))();

  describe(`a ${name} request governor`, () => {
    it('never has more than four requests of a mailbox under way, in order; a batch is all four and waits its turn', async () => {
      const mine = governor();
      const order: number[] = [];
      const all = { now: 0, most: 0 };
      const one = async (index: number): Promise<void> => {
        const places = index === 10 ? 4 : 1;
        const answered = await mine.request(ANN, 0, quiet, index === 10 ? 20 : 1);
        order.push(index);
        all.now += places;
        all.most = Math.max(all.most, all.now);
        await sleep(3);
        all.now -= places;
        answered();
      };
      await Promise.all([...Array.from({ length: 30 }, (_, index) => one(index)), send(mine, BOB)]);
      expect(all.most).toBe(4);
      expect(order).toEqual(Array.from({ length: 30 }, (_, index) => index));
    });

    it('sends no more requests within the window than it holds', async () => {
      const mine = governor({ requests: { most: 5, inMs: 500 } });
      const start = performance.now();
      await Promise.all(Array.from({ length: 6 }, () => send(mine, ANN)));
      expect(performance.now() - start).toBeGreaterThanOrEqual(500);
    });

    it('sends no more bytes within the window than it holds; requests without a body pass', async () => {
      const mine = governor({ upload: { mostBytes: 1000, inMs: 500 } });
      const start = performance.now();
      await send(mine, ANN, 800);
      const second = send(mine, ANN, 800);
      await send(mine, ANN);
      expect(performance.now() - start).toBeLessThan(500);
      await second;
      expect(performance.now() - start).toBeGreaterThanOrEqual(500);
    });

    it('sends nothing to a mailbox while the server asked for a pause', async () => {
      const mine = governor();
      const start = performance.now();
      mine.pause(ANN, 300, '429');
      await send(mine, BOB);
      await send(mine, ANN);
      expect(performance.now() - start).toBeGreaterThanOrEqual(299);
    });

    it('keeps the bytes a second and the budget of a day', async () => {
      const mine = governor({ bytesPerSecond: 1_000_000, bytesPerDay: 2_000_000 });
      const start = performance.now();
      await Promise.all([ANN, BOB].map((login) => send(mine, login, 900_000)));
      expect(performance.now() - start).toBeGreaterThanOrEqual(750);
      const abort = new AbortController();
      const held = mine.request(ANN, 1_200_000, listener(abort.signal));
      expect(await Promise.race([held, sleep(100)])).toBeUndefined();
      abort.abort(new Error('stop'));
      await expect(held).rejects.toThrow('stop');
    });
  });
}
