import { invariant, type Job, type JobEngine, type JobResult } from '@mxodus/model';

/**
 * Jobs of one process. A job starts when its connections are free at all its servers and no earlier job waits for them: one that
 * does not fit yet reserves what it needs, so neither a big nor a small job is overtaken for ever. A job that wants more than a
 * server allows gets what the server allows.
 *
 * @param limits connections at once, by server
 */
export function inlineEngine(limits: Readonly<Record<string, number>>): JobEngine {
  return {
    run: async <J extends Job>(jobs: readonly J[], handler: (job: J) => Promise<void>, signal: AbortSignal) => {
      checkJobs(jobs, limits);
      return new Run<J>(jobs, handler, { limits, signal }).finished;
    },
  };
}

function checkJobs(jobs: readonly Job[], limits: Readonly<Record<string, number>>): void {
  invariant(new Set(jobs.map(({ id }) => id)).size === jobs.length, 'job ids are unique');
  for (const { id, connections } of jobs) {
    for (const server of Object.keys(connections)) {
      invariant((limits[server] ?? 0) >= 1, `job ${id} wants server ${server}, which has no limit`);
    }
  }
}

class Run<J extends Job> {
  readonly finished: Promise<JobResult<J>[]>;
  readonly #jobs: readonly J[];
  readonly #handler: (job: J) => Promise<void>;
  readonly #limits: Readonly<Record<string, number>>;
  readonly #signal: AbortSignal;
  readonly #results = new Map<J, JobResult<J>>();
  readonly #free: Map<string, number>;
  readonly #finish: (results: JobResult<J>[]) => void;
  #pending: J[];
  #running = 0;

  constructor(
    jobs: readonly J[],
    handler: (job: J) => Promise<void>,
    shell: { limits: Readonly<Record<string, number>>; signal: AbortSignal },
  ) {
    const { promise, resolve } = Promise.withResolvers<JobResult<J>[]>();
    this.finished = promise;
    this.#finish = resolve;
    this.#jobs = jobs;
    this.#pending = [...jobs];
    this.#handler = handler;
    this.#limits = shell.limits;
    this.#signal = shell.signal;
    this.#free = new Map(Object.entries(shell.limits));
    this.#startWhatFits();
  }

  #startWhatFits(): void {
    const unreserved = new Map(this.#free);
    const waiting: J[] = [];
    for (const job of this.#signal.aborted ? [] : this.#pending) {
      const needs = this.#needsOf(job);
      const fits = needs.every(([server, count]) => count <= (unreserved.get(server) ?? 0));
      for (const [server, count] of needs) unreserved.set(server, (unreserved.get(server) ?? 0) - count);
      if (fits) this.#start(job, needs);
      else waiting.push(job);
    }
    this.#pending = waiting;
    if (this.#running > 0) return;
    this.#finish(this.#jobs.map((job) => this.#results.get(job) ?? { job, kind: 'not-started' }));
  }

  #start(job: J, needs: readonly (readonly [string, number])[]): void {
    this.#running += 1;
    this.#take(needs, 1);
    const end = (result: JobResult<J>): void => {
      this.#results.set(job, result);
      this.#running -= 1;
      this.#take(needs, -1);
      this.#startWhatFits();
    };
    // In a microtask of its own: a handler that ends at once must not re-enter the loop above.
    Promise.resolve()
      .then(() => this.#handler(job))
      .then(
        () => end({ job, kind: 'done' }),
        (error: unknown) => end({ job, kind: 'threw', error }),
      );
  }

  #take(needs: readonly (readonly [string, number])[], sign: 1 | -1): void {
    for (const [server, count] of needs) this.#free.set(server, (this.#free.get(server) ?? 0) - sign * count);
  }

  #needsOf(job: J): (readonly [string, number])[] {
    return Object.entries(job.connections).map(([server, count]) => [
      server,
      Math.min(count, this.#limits[server] ?? 0),
    ]);
  }
}
