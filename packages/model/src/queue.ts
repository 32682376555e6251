/** Who does what is left to do. The ledger decides what that is; the queue only shares it out. */

export interface Job {
  /** Unique in one run. */
  id: string;
  /** Servers it connects to, with the number of connections it needs at each: it starts when all are free. */
  connections: Readonly<Record<string, number>>;
}

export interface JobEngine {
  /**
   * Runs every job once, in order as far as connections are free. A handler that throws does not stop the others; what it threw is
   * in the result. When `signal` aborts, no new job starts and the promise resolves when the running ones ended.
   */
  run<J extends Job>(
    jobs: readonly J[],
    handler: (job: J) => Promise<void>,
    signal: AbortSignal,
  ): Promise<JobResult<J>[]>;
}

export type JobResult<J extends Job> =
  | { job: J; kind: 'done' }
  | { job: J; kind: 'threw'; error: unknown }
  | { job: J; kind: 'not-started' };

/** A job of a queue that several processes share. Jobs carry ids only: no address, no secret, no mail. */
export interface QueuedJob extends Job {
  /** Letters, digits, `-` and `_`, and not a number alone. One id is in the queue once. */
  id: string;
}

/**
 * How a handler left its job. A handler that throws has failed for good: the job is over; unless its signal aborted because the worker
 * stops or lost the job: then it is put back.
 */
export type SliceEnd =
  | { kind: 'done' }
  /** The same job again after so many milliseconds, behind those that wait then. */
  | { kind: 'later'; inMs: number }
  /** The same job again when these have ended, however they ended. */
  | { kind: 'after'; jobs: readonly QueuedJob[] };

export interface JobSlice {
  id: string;
  /**
   * Aborts with the reason when the handler has to leave the job: it was cancelled, the worker stops, or somebody else has the job (its
   * lock was lost). The handler finishes what is in flight and returns.
   */
  signal: AbortSignal;
  /** Of use to who watches; at most one a second is passed on. */
  tell(progress: JobProgress): void;
}

export interface JobProgress {
  settled: number;
  messages: number;
}

export type JobHandler = (job: JobSlice) => Promise<SliceEnd>;

/**
 * What becomes of a job:
 *
 *   state     meaning                                          next
 *   waiting   in line                                          running, cancelled (gone)
 *   running   a worker has it                                  later, after, ended (gone); waiting when its worker died
 *   later     its handler, or a server without room, put it    waiting
 *             off
 *   after     waits for the jobs its handler added             waiting
 *
 * A job starts when its connections are free at all its servers, over all workers; one that does not fit yet keeps what it needs from
 * those that came after it. A queue may lose everything (a flushed Redis): who feeds it adds again what is not in it.
 */
export interface JobQueue {
  /** In this order, behind those that wait. Jobs that are in the queue already, in whatever state, are left as they are. */
  add(jobs: readonly QueuedJob[]): Promise<void>;
  /** Puts waiting jobs before all others that wait; what is not waiting stays as it is. */
  first(ids: readonly string[]): Promise<void>;
  /** Takes jobs, `atOnce` at the same time, until it is stopped. */
  work(handler: JobHandler, options: { atOnce: number }): QueueWorker;
  /** What is in the queue now; ended jobs are not. */
  jobs(): Promise<{ id: string; state: JobState }[]>;
  /** Takes these jobs, and those they wait for, out of the queue; the signal of those that run aborts, wherever they run. */
  cancel(ids: readonly string[]): Promise<void>;
  /** Nothing new starts, at any worker, until `resume`. Running slices go on. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Returns a function that stops listening. */
  onEvent(listener: (event: JobEvent) => void): () => void;
  close(): Promise<void>;
}

export type JobState = 'waiting' | 'running' | 'later' | 'after';

export type JobEvent =
  | { kind: 'started'; id: string }
  | { kind: 'progress'; id: string; progress: JobProgress }
  | { kind: 'ended'; id: string; failed: string | null };

export interface QueueWorker {
  /**
   * Takes nothing more, aborts the signals of what runs, waits for the handlers, and puts back what they left undone. What has not
   * returned after `graceMs` is given up: its lock runs out, and another worker takes it.
   */
  stop(graceMs: number): Promise<void>;
}

/** What a fleet remembers of who holds which connections. After it was lost nothing is granted until all who may hold something have told. */
export interface ReservationMemory {
  /** Its name: another one each time it began anew. Rejects with QUEUE_UNREACHABLE. */
  memory(): Promise<string>;
  /** It is whole, if it still has that name: nobody holds anything from before it began. */
  trust(memory: string): Promise<void>;
}
