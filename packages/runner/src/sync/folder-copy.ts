import type { Batch } from '@mxodus/engine';
import type { CopyTask } from './copy-queue.ts';
import type { FolderWork, OpenFolder } from './sync-context.ts';

/** The copying of one folder: its batches, and what came of them. */
export class FolderCopy {
  readonly work: FolderWork;
  readonly folder: OpenFolder;
  /** Asked for, and not given by the source: gone, or unreadable. */
  readonly missing: number[] = [];
  /** Resolves when every batch that was taken has ended and none is left; false: some were not taken, or failed. */
  readonly finished: Promise<boolean>;
  #finish: (complete: boolean) => void;
  #underWay = 0;
  #exhausted = false;
  #failed = false;

  constructor(work: FolderWork, folder: OpenFolder) {
    this.work = work;
    this.folder = folder;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.finished = promise;
    this.#finish = resolve;
  }

  *tasks(batches: Iterable<Batch>): Generator<CopyTask> {
    for (const batch of batches) {
      this.#underWay += 1;
      yield { copy: this, batch };
    }
    this.#exhausted = true;
    this.#settle();
  }

  ended(how: 'done' | 'failed'): void {
    this.#underWay -= 1;
    if (how === 'failed') this.#failed = true;
    this.#settle();
  }

  /** No lane takes its batches any more. */
  abandon(): void {
    if (!this.#exhausted) this.#failed = true;
    this.#exhausted = true;
    this.#settle();
  }

  #settle(): void {
    if (this.#exhausted && this.#underWay === 0) this.#finish(!this.#failed);
  }
}
