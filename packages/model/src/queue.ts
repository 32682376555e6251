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

/** A right that one process holds; it ends with the process, however that dies. */
export interface Lease {
  release(): Promise<void>;
}

export interface Leases {
  /** Throws BUSY when another process holds it. */
  acquire(name: string): Promise<Lease>;
}
