import { setTimeout as pause } from 'node:timers/promises';
import { type Emit, MxodusError, type Run, type RunBook, type RunTask } from '@mxodus/model';
import type { RunEvents } from './run-events.ts';

export interface FollowOptions {
  runs: RunBook;
  run: Run;
  events: RunEvents;
  emit: Emit;
  /** Aborts when the follower wants to leave; the run goes on. */
  signal: AbortSignal;
  onState: (state: FollowState) => void;
}

/** What the follower has to be told of besides the mailboxes. */
export type FollowState =
  | { kind: 'no-workers' }
  | { kind: 'workers'; count: number }
  | { kind: 'paused' }
  | { kind: 'resumed' }
  | { kind: 'silent'; error: MxodusError }
  | { kind: 'answers' };

const LOOK_MS = 250;
/** Workers say how far they are every two seconds. */
const TASKS_LOOK_MS = 1000;
/** Ten thousand tasks are not read every second: looking takes a tenth of the time at most. */
const REST_PER_LOOK = 9;
/** A heartbeat is due every 5 s. */
export const WORKER_SEEN_MS = 15_000;
const WORKERS_LOOK_MS = 2000;
/** A PostgreSQL that is restarted is away for less; one that is gone for longer is not waited for. */
const PATIENCE_MS = 10 * 60_000;

/** Follows a run by reading the ledger until it is over, or `signal` aborts. Returns the run as it was seen last. */
export async function followRun(options: FollowOptions): Promise<Run> {
  const follower = new Follower(options);
  return follower.toTheEnd();
}

class Follower {
  readonly #options: FollowOptions;
  #run: Run;
  #open = new Set<number>();
  #workers: number | null = null;
  #workersAt = Number.NEGATIVE_INFINITY;
  #tasksAgain = Number.NEGATIVE_INFINITY;
  #silentSince: number | null = null;

  constructor(options: FollowOptions) {
    this.#options = options;
    this.#run = options.run;
  }

  async toTheEnd(): Promise<Run> {
    const { signal } = this.#options;
    let first = true;
    while (!signal.aborted) {
      try {
        // Read before the tasks: what is in them then is all there is once the run is over.
        const isOver = await this.#lookAtRun();
        if (isOver || performance.now() >= this.#tasksAgain) await this.#lookAtTasks(first || isOver ? 'all' : 'open');
        first = false;
        if (isOver) break;
        await this.#lookAtWorkers();
        this.#answered();
      } catch (error) {
        this.#noAnswer(error);
      }
      await pause(LOOK_MS, undefined, { signal }).catch(() => undefined);
    }
    return this.#run;
  }

  async #lookAtRun(): Promise<boolean> {
    const { runs, onState } = this.#options;
    const run = await runs.run(this.#run.id);
    if (run === null) throw gone(this.#run.id);
    if (run.state === 'paused' && this.#run.state !== 'paused') onState({ kind: 'paused' });
    if (run.state === 'running' && this.#run.state === 'paused') onState({ kind: 'resumed' });
    this.#run = run;
    return run.state === 'finished' || run.state === 'cancelled';
  }

  /** Thousands of tasks may have ended long ago: only what is open is read again, and once more what was open before. */
  async #lookAtTasks(which: 'all' | 'open'): Promise<void> {
    const { runs, events, emit } = this.#options;
    const began = performance.now();
    const tasks = await runs.tasks(this.#run.id, which);
    const open = new Set(tasks.filter(({ ended }) => !ended).map(({ id }) => id));
    const justEnded: RunTask[] = [];
    for (const id of this.#open) {
      if (open.has(id) || which === 'all') continue;
      const task = await runs.task(id);
      if (task !== null) justEnded.push(task);
    }
    this.#open = open;
    for (const event of events.look([...justEnded, ...tasks])) emit(event);
    const now = performance.now();
    this.#tasksAgain = now + Math.max(TASKS_LOOK_MS, REST_PER_LOOK * (now - began));
  }

  async #lookAtWorkers(): Promise<void> {
    const now = performance.now();
    if (now - this.#workersAt < WORKERS_LOOK_MS) return;
    this.#workersAt = now;
    const { runs, onState } = this.#options;
    const workers = await runs.workers(WORKER_SEEN_MS);
    const ours = workers.filter(({ projects }) => projects.includes(this.#run.project)).length;
    if (ours === 0 && this.#workers !== 0) onState({ kind: 'no-workers' });
    if (ours > 0 && this.#workers === 0) onState({ kind: 'workers', count: ours });
    this.#workers = ours;
  }

  #answered(): void {
    if (this.#silentSince !== null) this.#options.onState({ kind: 'answers' });
    this.#silentSince = null;
  }

  #noAnswer(error: unknown): void {
    if (!(error instanceof MxodusError) || error.code !== 'LEDGER_UNREACHABLE') throw error;
    const now = performance.now();
    if (this.#silentSince === null) this.#options.onState({ kind: 'silent', error });
    this.#silentSince ??= now;
    if (now - this.#silentSince > PATIENCE_MS) throw error;
  }
}

const gone = (id: number): MxodusError =>
  new MxodusError('RUN_NOT_FOUND', {
    what: `run ${id} is no longer in the ledger`,
    why: 'the database was put back to an earlier state, or is another one',
    advice: 'give the sync command again: it orders what is left',
  });
