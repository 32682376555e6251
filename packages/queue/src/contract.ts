import { type Job, type JobEngine, MxodusError } from '@mxodus/model';
import { describe, expect, it } from 'vitest';

const never = new AbortController().signal;

const job = (id: string, connections: Record<string, number> = { new: 1 }): Job => ({ id, connections });

/** Lets everything that can run without outside help run. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

/** A handler whose jobs end when the test says so. */
function stage() {
  const started: string[] = [];
  const ends = new Map<string, PromiseWithResolvers<void>>();
  return {
    started,
    handler: (job: Job): Promise<void> => {
      started.push(job.id);
      const end = Promise.withResolvers<void>();
      ends.set(job.id, end);
      return end.promise;
    },
    async end(id: string): Promise<void> {
      ends.get(id)?.resolve();
      await settle();
    },
  };
}

/** What every job engine promises. `open` makes one whose servers have these numbers of connections. */
export function describeJobEngine(name: string, open: (limits: Record<string, number>) => JobEngine): void {
  describe(`job engine: ${name}`, () => {
    it('runs every job once and says so in the order of the jobs', async () => {
      const jobs = Array.from({ length: 50 }, (_, index) => job(`mailbox-${index}`));
      const ran: string[] = [];
      const results = await open({ new: 7 }).run(jobs, async ({ id }) => void ran.push(id), never);
      expect(ran).toEqual(jobs.map(({ id }) => id));
      expect(results).toEqual(jobs.map((job) => ({ job, kind: 'done' })));
    });

    it('ends at once when there is nothing to do', async () => {
      expect(await open({ new: 1 }).run([], async () => undefined, never)).toEqual([]);
    });

    it('never uses more connections of a server than it has', async () => {
      const jobs = Array.from({ length: 40 }, (_, index) =>
        job(`m${index}`, { old: 1 + (index % 2), new: 1 + (index % 4) }),
      );
      const used: Record<string, number> = { old: 0, new: 0 };
      const most: Record<string, number> = { old: 0, new: 0 };
      const count = (server: string, by: number): void => {
        used[server] = (used[server] ?? 0) + by;
        most[server] = Math.max(most[server] ?? 0, used[server]);
      };
      const handler = async (job: Job): Promise<void> => {
        for (const [server, connections] of Object.entries(job.connections)) count(server, connections);
        await settle();
        for (const [server, connections] of Object.entries(job.connections)) count(server, -connections);
      };
      await open({ old: 3, new: 5 }).run(jobs, handler, never);
      expect(used).toEqual({ old: 0, new: 0 });
      expect(most.old).toBeLessThanOrEqual(3);
      expect(most.new).toBeLessThanOrEqual(5);
    });

    it('starts a job that wants more than the server has, with what it has', async () => {
      const { started, handler, end } = stage();
      const done = open({ new: 2 }).run([job('wide', { new: 9 }), job('next')], handler, never);
      await settle();
      expect(started).toEqual(['wide']);
      await end('wide');
      await end('next');
      expect((await done).map(({ kind }) => kind)).toEqual(['done', 'done']);
    });

    it('lets a job of a free server pass one that waits for a busy server', async () => {
      const { started, handler, end } = stage();
      const jobs = [job('a', { old: 1 }), job('b', { old: 1 }), job('c', { new: 1 })];
      const done = open({ old: 1, new: 1 }).run(jobs, handler, never);
      await settle();
      expect(started).toEqual(['a', 'c']);
      await end('a');
      expect(started).toEqual(['a', 'c', 'b']);
      await end('b');
      await end('c');
      await done;
    });

    it('keeps connections for a big job that waits: small ones behind it do not overtake it', async () => {
      const { started, handler, end } = stage();
      const jobs = [job('a'), job('b'), job('big', { new: 2 }), job('small')];
      const done = open({ new: 2 }).run(jobs, handler, never);
      await settle();
      await end('a');
      expect(started).toEqual(['a', 'b']);
      await end('b');
      expect(started).toEqual(['a', 'b', 'big']);
      await end('big');
      await end('small');
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
      const { started, handler, end } = stage();
      const stop = new AbortController();
      let ended = false;
      const done = open({ new: 1 })
        .run([job('a'), job('b')], handler, stop.signal)
        .finally(() => {
          ended = true;
        });
      await settle();
      stop.abort();
      await settle();
      expect(ended).toBe(false);
      await end('a');
      expect((await done).map(({ kind }) => kind)).toEqual(['done', 'not-started']);
      expect(started).toEqual(['a']);
    });

    it('starts nothing when it is stopped before it begins', async () => {
      const results = await open({ new: 1 }).run([job('a')], async () => undefined, AbortSignal.abort());
      expect(results.map(({ kind }) => kind)).toEqual(['not-started']);
    });
  });
}
