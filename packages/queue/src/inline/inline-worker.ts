import type { JobHandler, QueueWorker } from '@mxodus/model';
import type { Outcome, RunningSlice } from './running-slice.ts';

/** Places for jobs in one process. A handler that was given up goes on; what it returns counts when it does. */
export class InlineWorker implements QueueWorker {
  readonly #handler: JobHandler;
  readonly #atOnce: number;
  readonly #running = new Map<RunningSlice, Promise<void>>();
  #stopping = false;

  constructor(handler: JobHandler, atOnce: number) {
    this.#handler = handler;
    this.#atOnce = atOnce;
  }

  get hasPlace(): boolean {
    return !this.#stopping && this.#running.size < this.#atOnce;
  }

  run(slice: RunningSlice, left: (outcome: Outcome) => void): void {
    const runs = slice.run(this.#handler).then((outcome) => {
      this.#running.delete(slice);
      left(outcome);
    });
    this.#running.set(slice, runs);
  }

  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    for (const slice of this.#running.keys()) slice.leave('stopping');
    const over = Promise.withResolvers<void>();
    const timer = Number.isFinite(graceMs) ? setTimeout(over.resolve, graceMs) : undefined;
    await Promise.race([Promise.all(this.#running.values()), over.promise]);
    clearTimeout(timer);
  }
}
