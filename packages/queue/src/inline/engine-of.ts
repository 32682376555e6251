import { invariant, type Job, type JobEngine, type JobQueue, type JobResult } from '@mxodus/model';

/**
 * Runs jobs of this process over a queue, each once, whatever its handler does.
 *
 * @param open a queue for each run; closed after it
 */
export function engineOf(open: () => JobQueue, { atOnce }: { atOnce: number }): JobEngine {
  return {
    run: async (jobs, handler, signal) => {
      invariant(new Set(jobs.map(({ id }) => id)).size === jobs.length, 'job ids are unique');
      const queue = open();
      try {
        return await runOver(queue, { jobs, handler, signal, atOnce });
      } finally {
        await queue.close();
      }
    },
  };
}

async function runOver<J extends Job>(
  queue: JobQueue,
  run: { jobs: readonly J[]; handler: (job: J) => Promise<void>; signal: AbortSignal; atOnce: number },
): Promise<JobResult<J>[]> {
  const { jobs, handler, signal, atOnce } = run;
  // Ids of an engine may be anything.
  const byId = new Map(jobs.map((job, index) => [`job-${index}`, job]));
  const results = new Map<J, JobResult<J>>();
  if (jobs.length > 0 && !signal.aborted) {
    const over = Promise.withResolvers<void>();
    const worker = queue.work(
      async ({ id }) => {
        const job = byId.get(id);
        invariant(job !== undefined, `job ${id} is one of this run`);
        results.set(job, await resultOf(job, handler));
        if (results.size === jobs.length) over.resolve();
        return { kind: 'done' };
      },
      { atOnce },
    );
    const onAbort = (): void => over.resolve(worker.stop(Number.POSITIVE_INFINITY));
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      await queue.add([...byId].map(([id, { connections }]) => ({ id, connections })));
      await over.promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
      await worker.stop(Number.POSITIVE_INFINITY);
    }
    await queue.cancel([...byId].filter(([, job]) => !results.has(job)).map(([id]) => id));
  }
  return jobs.map((job) => results.get(job) ?? { job, kind: 'not-started' });
}

async function resultOf<J extends Job>(job: J, handler: (job: J) => Promise<void>): Promise<JobResult<J>> {
  try {
    await handler(job);
    return { job, kind: 'done' };
  } catch (error) {
    return { job, kind: 'threw', error };
  }
}
