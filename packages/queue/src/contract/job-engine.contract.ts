import { type Job, type JobEngine, MxodusError } from '@mxodus/model';
import { describe, expect, it } from 'vitest';
import { aWhile, eventually, Stage } from './stage.test.support.ts';

const never = new AbortController().signal;

const job = (id: string, connections: Record<string, number> = { new: 1 }): Job => ({ id, connections });

/** What every job engine promises. `open` makes one whose servers have these numbers of connections. */
export function describeJobEngine(name: string, open: (limits: Record<string, number>) => JobEngine): void {
  describe(`job engine: ${name}`, () => {
    it('runs every job once and says so in the order of the jobs', async () => {
      const jobs = Array.from({ length: 30 }, (_, index) => job(`mailbox-${index}`));
      const ran: string[] = [];
      const results = await open({ new: 7 }).run(jobs, async ({ id }) => void ran.push(id), never);
      expect(ran.toSorted()).toEqual(jobs.map(({ id }) => id).toSorted());
      expect(results).toEqual(jobs.map((job) => ({ job, kind: 'done' })));
    });

    it('ends at once when there is nothing to do', async () => {
      expect(await open({ new: 1 }).run([], async () => undefined, never)).toEqual([]);
    });

    it('never uses more connections of a server than it has', async () => {
      const jobs = Array.from({ length: 24 }, (_, index) =>
        job(`m${index}`, { old: 1 + (index % 2), new: 1 + (index % 4) }),
      );
      const used: Record<string, number> = { old: 0, new: 0 };
      const most: Record<string, number> = { old: 0, new: 0 };
      const count = (server: string, by: number): void => {
        used[server] = (used[server] ?? 0) + by;
        most[server] = Math.max(most[server] ?? 0, used[server]);
      };
      const handler = async ({ connections }: Job): Promise<void> => {
        for (const [server, needed] of Object.entries(connections)) count(server, needed);
        await new Promise((resolve) => setImmediate(resolve));
        for (const [server, needed] of Object.entries(connections)) count(server, -needed);
      };
      await open({ old: 3, new: 5 }).run(jobs, handler, never);
      expect(used).toEqual({ old: 0, new: 0 });
      expect(most.old).toBeLessThanOrEqual(3);
      expect(most.new).toBeLessThanOrEqual(5);
    });

    it('starts a job that wants more than the server has, with what it has', async () => {
      const stage = new Stage<Job, void>();
      const done = open({ new: 2 }).run([job('wide', { new: 9 }), job('next')], stage.handler, never);
      await eventually(() => expect(stage.started).toEqual(['wide']));
      await aWhile();
      expect(stage.started).toEqual(['wide']);
      await stage.end('wide');
      await stage.end('next');
      expect((await done).map(({ kind }) => kind)).toEqual(['done', 'done']);
    });

    it('lets a job of a free server pass one that waits for a busy server', async () => {
      const stage = new Stage<Job, void>();
      const jobs = [job('a', { old: 1 }), job('b', { old: 1 }), job('c', { new: 1 })];
      const done = open({ old: 1, new: 1 }).run(jobs, stage.handler, never);
      await eventually(() => expect(stage.started).toEqual(['a', 'c']));
      await stage.end('a');
      await eventually(() => expect(stage.started).toEqual(['a', 'c', 'b']));
      await stage.end('b');
      await stage.end('c');
      await done;
    });

    it('keeps connections for a big job that waits: small ones behind it do not overtake it', async () => {
      const stage = new Stage<Job, void>();
      const jobs = [job('a'), job('b'), job('big', { new: 2 }), job('small')];
      const done = open({ new: 2 }).run(jobs, stage.handler, never);
      await stage.end('a');
      await eventually(() => expect(stage.started).toEqual(['a', 'b']));
      await aWhile();
      expect(stage.started).toEqual(['a', 'b']);
      await stage.end('b');
      await eventually(() => expect(stage.started).toEqual(['a', 'b', 'big']));
      await stage.end('big');
      await stage.end('small');
      await done;
    });

    it('goes on when a handler throws, and gives back what it threw', async () => {
      const trouble = new MxodusError('AUTH_FAILED', {
        what: 'no',
        why: 'wrong password',
        advice: 'use the right one',
      });
      const jobs = [job('ann'), job('bob')];
      const results = await open({ new: 1 }).run(
        jobs,
        async ({ id }) => {
          if (id === 'ann') throw trouble;
        },
        never,
      );
      expect(results).toEqual([
        { job: jobs[0], kind: 'threw', error: trouble },
        { job: jobs[1], kind: 'done' },
      ]);
    });

    it('starts nothing more after an abort, and waits for what runs', async () => {
      const stage = new Stage<Job, void>();
      const stop = new AbortController();
      let ended = false;
      const done = open({ new: 1 })
        .run([job('a'), job('b')], stage.handler, stop.signal)
        .finally(() => {
          ended = true;
        });
      await eventually(() => expect(stage.started).toEqual(['a']));
      stop.abort();
      await aWhile();
      expect(ended).toBe(false);
      await stage.end('a');
      expect((await done).map(({ kind }) => kind)).toEqual(['done', 'not-started']);
      expect(stage.started).toEqual(['a']);
    });

    it('starts nothing when it is stopped before it begins', async () => {
      const results = await open({ new: 1 }).run([job('a')], async () => undefined, AbortSignal.abort());
      expect(results.map(({ kind }) => kind)).toEqual(['not-started']);
    });
  });
}
