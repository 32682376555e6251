import { invariant, type JobHandler, type JobProgress, type JobSlice, MxodusError, type SliceEnd } from '@mxodus/model';
import { checkIds } from './check-jobs.ts';

/** Why a handler has to leave its job before it is through. */
export type Leave = 'cancelled' | 'stopping' | 'lost';

/**
 * What becomes of a job after a slice.
 *
 *   the handler    was not told to leave   was cancelled   stopping, lost
 *   done           done                    done            done
 *   later, after   as it says              cancelled       as it says
 *   throws         failed                  cancelled       again at once, by whichever worker
 */
export type Outcome =
  | SliceEnd
  | { kind: 'cancelled' }
  /** The job is over; `code` is all that leaves the process. */
  | { kind: 'failed'; error: unknown; code: string };

export const CANCELLED = 'cancelled';

/** Progress told more often than this is passed on later, the last one only. */
const PROGRESS_MS = 1000;

/** A job while its handler has it. */
export class RunningSlice implements JobSlice {
  readonly id: string;
  readonly #pass: (progress: JobProgress) => void;
  readonly #controller = new AbortController();
  #left: Leave | null = null;
  #passedAt = Number.NEGATIVE_INFINITY;
  #held: JobProgress | null = null;
  #timer: NodeJS.Timeout | null = null;
  #ended = false;

  /** @param pass called at most once a second */
  constructor(id: string, pass: (progress: JobProgress) => void) {
    this.id = id;
    this.#pass = pass;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** null: it may go on. */
  get left(): Leave | null {
    return this.#left;
  }

  /** The signal has the first reason; of what becomes of the job, `cancelled` decides. */
  leave(why: Leave): void {
    if (this.#left !== CANCELLED) this.#left = why;
    this.#controller.abort(reasonOf(why));
  }

  tell(progress: JobProgress): void {
    if (this.#ended) return;
    this.#held = progress;
    if (this.#timer !== null) return;
    const wait = this.#passedAt + PROGRESS_MS - performance.now();
    if (wait <= 0) this.#passOn();
    else this.#timer = setTimeout(() => this.#passOn(), wait).unref();
  }

  /** Runs the handler. Never rejects. */
  async run(handler: JobHandler): Promise<Outcome> {
    try {
      return this.#outcome(await handler(this));
    } catch (error) {
      if (this.#left === CANCELLED) return { kind: CANCELLED };
      if (this.#left !== null) return { kind: 'later', inMs: 0 };
      return { kind: 'failed', error, code: error instanceof MxodusError ? error.code : 'UNEXPECTED' };
    } finally {
      this.#ended = true;
      if (this.#timer !== null) clearTimeout(this.#timer);
    }
  }

  #outcome(end: SliceEnd): Outcome {
    if (end.kind === 'after') {
      checkIds(end.jobs);
      invariant(!end.jobs.some(({ id }) => id === this.id), `job ${this.id} does not wait for itself`);
    }
    return this.#left === CANCELLED && end.kind !== 'done' ? { kind: CANCELLED } : end;
  }

  #passOn(): void {
    this.#timer = null;
    const progress = this.#held;
    if (progress === null) return;
    this.#held = null;
    this.#passedAt = performance.now();
    this.#pass(progress);
  }
}

function reasonOf(why: Leave): MxodusError {
  switch (why) {
    case 'cancelled':
      return new MxodusError('INTERRUPTED', {
        what: 'the job was cancelled',
        why: 'somebody took it out of the queue',
        advice: 'order it again to go on',
      });
    case 'stopping':
      return new MxodusError('INTERRUPTED', {
        what: 'the worker stops',
        why: 'it was told to',
        advice: 'nothing: the job goes back to the queue',
      });
    case 'lost':
      return new MxodusError('LEASE_LOST', {
        what: 'another worker may have the job',
        why: 'this one was out of touch with the queue for too long',
        advice: 'nothing: the job goes on where it is',
      });
  }
}
