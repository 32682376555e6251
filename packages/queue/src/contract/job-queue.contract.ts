import {
  type JobEvent,
  type JobQueue,
  type JobSlice,
  type JobState,
  MxodusError,
  type QueuedJob,
  type SliceEnd,
} from '@mxodus/model';
import { describe, expect, it } from 'vitest';
import { aWhile, eventually, Stage } from './stage.test.support.ts';

const jobs = (...ids: string[]): QueuedJob[] => ids.map((id) => ({ id, connections: { new: 1 } }));
const DONE = { kind: 'done' } as const;
const again = (inMs: number) => ({ kind: 'later', inMs }) as const;
const after = (...ids: string[]) => ({ kind: 'after', jobs: jobs(...ids) }) as const;

class QueueStage extends Stage<JobSlice, SliceEnd> {
  async slice(id: string): Promise<JobSlice> {
    await eventually(() => expect(this.running).toContain(id));
    const slice = this.jobs.get(id);
    if (slice === undefined) throw new Error(`${id} never started`);
    return slice;
  }
}

async function states(queue: JobQueue): Promise<Record<string, JobState>> {
  return Object.fromEntries((await queue.jobs()).map(({ id, state }) => [id, state]));
}

const isEmpty = (queue: JobQueue) => eventually(async () => expect(await queue.jobs()).toEqual([]));

/** What every queue promises. `open` makes an empty one, whose server `new` has so many connections. */
export function describeJobQueue(name: string, open: (connections: number) => JobQueue): void {
  const withQueue = async (body: (queue: JobQueue, stage: QueueStage) => Promise<void>, connections = 9) => {
    const queue = open(connections);
    try {
      await body(queue, new QueueStage());
    } finally {
      await queue.close();
    }
  };
  const test = (what: string, body: (queue: JobQueue, stage: QueueStage) => Promise<void>, connections?: number) =>
    it(what, () => withQueue(body, connections));

  describe(`job queue: ${name}`, () => {
    test('has each id once while it is not ended, and takes it again afterwards', async (queue, stage) => {
      await queue.add(jobs('ann', 'bob', 'ann'));
      await queue.add(jobs('bob', 'ann'));
      expect(await queue.jobs()).toHaveLength(2);
      queue.work(stage.handler, { atOnce: 4 });
      await stage.slice('ann');
      await queue.add(jobs('ann'));
      await stage.end('ann', DONE);
      await stage.end('bob', DONE);
      await isEmpty(queue);
      expect(stage.started.toSorted()).toEqual(['ann', 'bob']);
      await queue.add(jobs('ann'));
      await stage.end('ann', DONE);
      await isEmpty(queue);
    });

    test('takes them in their order, no more at once than it was told', async (queue, stage) => {
      await queue.add(jobs('a', 'b', 'c'));
      queue.work(stage.handler, { atOnce: 2 });
      await eventually(() => expect(stage.started).toEqual(['a', 'b']));
      await aWhile();
      expect(stage.started).toEqual(['a', 'b']);
      await stage.end('b', DONE);
      await eventually(() => expect(stage.started).toEqual(['a', 'b', 'c']));
      expect(await states(queue)).toEqual({ a: 'running', c: 'running' });
      await stage.end('a', DONE);
      await stage.end('c', DONE);
      await isEmpty(queue);
    });

    test('takes a job again later, behind those that wait then', async (queue, stage) => {
      await queue.add(jobs('a', 'b'));
      queue.work(stage.handler, { atOnce: 1 });
      await stage.end('a', again(0));
      await eventually(() => expect(stage.started).toEqual(['a', 'b']));
      await stage.end('b', again(600_000));
      await stage.end('a', DONE);
      await eventually(async () => expect(await states(queue)).toEqual({ b: 'later' }));
      expect(stage.started).toEqual(['a', 'b', 'a']);
    });

    test('takes a job again when those it waits for have ended, however they did', async (queue, stage) => {
      await queue.add(jobs('box', 'other'));
      queue.work(stage.handler, { atOnce: 9 });
      await stage.slice('other');
      await stage.end('box', after('good', 'bad', 'cancelled', 'other'));
      for (const id of ['good', 'bad', 'cancelled']) await stage.slice(id);
      await eventually(async () =>
        expect(await states(queue)).toMatchObject({ box: 'after', good: 'running', other: 'running' }),
      );
      await stage.end('good', DONE);
      await stage.fail('bad', new Error('no such folder'));
      await queue.cancel(['cancelled']);
      await stage.end('cancelled', again(600_000));
      await stage.end('other', again(0));
      await eventually(() => expect(stage.started.filter((id) => id === 'other')).toHaveLength(2));
      await aWhile();
      expect(stage.running).toEqual(['other']);
      await stage.end('other', DONE);
      await stage.end('box', DONE);
      await isEmpty(queue);
      expect(stage.started.filter((id) => id === 'box')).toHaveLength(2);
    });

    test('goes on when there is nothing to wait for, or all of it ended or was cancelled while it waited', async (queue, stage) => {
      await queue.add(jobs('box'));
      queue.work(stage.handler, { atOnce: 1 });
      await stage.end('box', after());
      await stage.end('box', after('quick', 'slow', 'last'));
      await stage.end('quick', DONE);
      await stage.slice('slow');
      await queue.cancel(['last']);
      await stage.end('slow', DONE);
      await stage.end('box', DONE);
      await isEmpty(queue);
      expect(stage.started).toEqual(['box', 'box', 'quick', 'slow', 'box']);
    });

    test('puts those that were asked for before all others that wait', async (queue, stage) => {
      await queue.add(jobs('a', 'b', 'c', 'd'));
      queue.work(stage.handler, { atOnce: 1 });
      await stage.slice('a');
      await queue.first(['c', 'd', 'a', 'nobody']);
      for (const id of ['a', 'c', 'd', 'b']) await stage.end(id, DONE);
      await isEmpty(queue);
      expect(stage.started).toEqual(['a', 'c', 'd', 'b']);
    });

    test('cancels what waits at once, and tells what runs', async (queue, stage) => {
      const events: JobEvent[] = [];
      queue.onEvent((event) => void events.push(event));
      await queue.add(jobs('a', 'b', 'c'));
      queue.work(stage.handler, { atOnce: 1 });
      const { signal } = await stage.slice('a');
      await queue.cancel(['a', 'b', 'nobody']);
      await eventually(() => expect(signal.reason).toMatchObject({ code: 'INTERRUPTED' }));
      expect(await states(queue)).toEqual({ a: 'running', c: 'waiting' });
      await stage.end('a', again(0));
      await stage.end('c', DONE);
      await isEmpty(queue);
      expect(stage.started).toEqual(['a', 'c']);
      const ends = () => events.filter(({ kind }) => kind === 'ended').toSorted((a, b) => (a.id < b.id ? -1 : 1));
      await eventually(() =>
        expect(ends()).toEqual([
          { kind: 'ended', id: 'a', failed: 'cancelled' },
          { kind: 'ended', id: 'b', failed: 'cancelled' },
          { kind: 'ended', id: 'c', failed: null },
        ]),
      );
    });

    test('cancels with a job those it waits for, and one that is put off', async (queue, stage) => {
      await queue.add(jobs('box', 'put-off'));
      queue.work(stage.handler, { atOnce: 2 });
      await stage.end('put-off', again(600_000));
      await stage.end('box', after('runs', 'next', 'waits'));
      const { signal } = await stage.slice('runs');
      await stage.slice('next');
      await queue.cancel(['box', 'put-off']);
      await eventually(() => expect(signal.aborted).toBe(true));
      await stage.end('next', DONE);
      await stage.end('runs', DONE);
      await isEmpty(queue);
      expect(stage.started.toSorted()).toEqual(['box', 'next', 'put-off', 'runs']);
    });

    test('starts nothing while it is paused; what runs goes on', async (queue, stage) => {
      await queue.add(jobs('a', 'b'));
      queue.work(stage.handler, { atOnce: 1 });
      await stage.slice('a');
      await queue.pause();
      await stage.end('a', DONE);
      await queue.add(jobs('c'));
      await eventually(async () => expect(await states(queue)).toEqual({ b: 'waiting', c: 'waiting' }));
      await aWhile();
      expect(stage.started).toEqual(['a']);
      await queue.resume();
      await stage.end('b', DONE);
      await stage.end('c', DONE);
      await isEmpty(queue);
    });

    test('tells who listens what happens, progress no more than once a second', async (queue, stage) => {
      const events: JobEvent[] = [];
      const stop = queue.onEvent((event) => void events.push(event));
      await queue.add(jobs('a'));
      queue.work(stage.handler, { atOnce: 1 });
      const slice = await stage.slice('a');
      for (let settled = 1; settled <= 5; settled++) slice.tell({ settled, messages: 5 });
      const progress = (settled: number) => ({ kind: 'progress', id: 'a', progress: { settled, messages: 5 } });
      const started = { kind: 'started', id: 'a' };
      await eventually(() => expect(events).toEqual([started, progress(1)]));
      await eventually(() => expect(events).toEqual([started, progress(1), progress(5)]));
      await stage.end('a', DONE);
      await eventually(() => expect(events.at(-1)).toEqual({ kind: 'ended', id: 'a', failed: null }));
      stop();
      await queue.add(jobs('b'));
      await stage.end('b', DONE);
      await isEmpty(queue);
      expect(events).toHaveLength(4);
    });

    test('a handler that throws ends its job: who listens learns the code, and no more', async (queue, stage) => {
      const events: JobEvent[] = [];
      queue.onEvent((event) => void events.push(event));
      await queue.add(jobs('a', 'b', 'c'));
      queue.work(stage.handler, { atOnce: 1 });
      const details = { what: 'ann@old.example was refused', why: 'secret', advice: 'none' };
      await stage.fail('a', new MxodusError('AUTH_FAILED', details));
      await stage.fail('b', new TypeError('hunter2'));
      await stage.end('c', DONE);
      await isEmpty(queue);
      const failed = () => events.flatMap((event) => (event.kind === 'ended' ? [event.failed] : []));
      await eventually(() => expect(failed()).toEqual(['AUTH_FAILED', 'UNEXPECTED', null]));
      expect(JSON.stringify(events)).not.toMatch(/ann@old|secret|hunter2/);
    });

    test('a worker that stops puts back what it has: another one takes it', async (queue, stage) => {
      await queue.add(jobs('leaves', 'throws', 'ends', 'waits'));
      const worker = queue.work(stage.handler, { atOnce: 3 });
      const { signal } = await stage.slice('leaves');
      await stage.slice('throws');
      await stage.slice('ends');
      const stopped = worker.stop(20_000);
      await eventually(() => expect(signal.reason).toMatchObject({ code: 'INTERRUPTED' }));
      await stage.end('leaves', again(0));
      await stage.fail('throws', signal.reason);
      await stage.end('ends', DONE);
      await stopped;
      expect(Object.keys(await states(queue)).toSorted()).toEqual(['leaves', 'throws', 'waits']);
      const next = new QueueStage();
      queue.work(next.handler, { atOnce: 3 });
      for (const id of ['leaves', 'throws', 'waits']) await next.end(id, DONE);
      await isEmpty(queue);
      expect(stage.started).toEqual(['leaves', 'throws', 'ends']);
    });

    test('a worker that stops gives up what does not return in time', async (queue, stage) => {
      await queue.add(jobs('stubborn'));
      const worker = queue.work(stage.handler, { atOnce: 1 });
      await stage.slice('stubborn');
      await worker.stop(30);
      expect(await states(queue)).toEqual({ stubborn: 'running' });
      await stage.end('stubborn', DONE);
    });

    test(
      'puts off what finds no connections free, and goes on with it when they are',
      async (queue, stage) => {
        await queue.add(jobs('a', 'b', 'c'));
        queue.work(stage.handler, { atOnce: 3 });
        await stage.slice('a');
        await aWhile();
        expect(stage.started).toEqual(['a']);
        expect(await states(queue)).toMatchObject({ a: 'running' });
        await queue.cancel(['b']);
        await stage.end('a', DONE);
        await stage.end('c', DONE);
        await isEmpty(queue);
        expect(stage.started).toEqual(['a', 'c']);
      },
      1,
    );
  });
}
