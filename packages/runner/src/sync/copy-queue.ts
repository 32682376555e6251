import type { Batch } from '@mxodus/engine';
import type { FolderCopy } from './folder-copy.ts';

export interface CopyTask {
  copy: FolderCopy;
  batch: Batch;
}

interface Waiting {
  /** Wakes when more messages than this wait in the queue. */
  moreThan: number;
  wake: () => void;
}

interface Source {
  copy: FolderCopy;
  tasks: Iterator<CopyTask>;
  /** Lanes that took their last batch here. */
  lanes: Set<number>;
}

/**
 * What the lanes take their batches from, while folders are still being looked at. A lane stays with its folder; a free one takes the
 * first folder with the fewest lanes, because servers lock a folder while they add to it (Dovecot 2.3: a sixth faster, 2026-11).
 */
export class CopyQueue {
  readonly #sources: Source[] = [];
  #waiting: Waiting[] = [];
  #messages = 0;
  #closed = false;
  #abandoned = false;

  /** The batches are made one at a time, when a lane wants one. */
  add(copy: FolderCopy, tasks: Iterable<CopyTask>, messages: number): void {
    if (this.#abandoned) {
      copy.abandon();
      return;
    }
    this.#sources.push({ copy, tasks: tasks[Symbol.iterator](), lanes: new Set() });
    this.#messages += messages;
    this.#wake();
  }

  /** Nothing more is added; lanes get null when what is there is taken. */
  close(): void {
    this.#closed = true;
    this.#wake();
  }

  /** Takes back what no lane has yet: nobody will come for it. */
  abandon(): void {
    for (const { copy } of this.#sources.splice(0)) copy.abandon();
    this.#messages = 0;
    this.#abandoned = true;
    this.close();
  }

  /** Resolves with true when more messages than this wait, and with false when they never will. */
  async hasMoreThan(moreThan: number): Promise<boolean> {
    while (this.#messages <= moreThan && !this.#closed) {
      await new Promise<void>((wake) => this.#waiting.push({ moreThan, wake }));
    }
    return this.#messages > moreThan;
  }

  /** null: the work is done. */
  async next(lane: number): Promise<CopyTask | null> {
    for (;;) {
      const task = this.#take(lane);
      if (task !== null || this.#closed) return task;
      await new Promise<void>((wake) => this.#waiting.push({ moreThan: 0, wake }));
    }
  }

  #take(lane: number): CopyTask | null {
    for (let source = this.#sourceFor(lane); source !== undefined; source = this.#sourceFor(lane)) {
      for (const other of this.#sources) other.lanes.delete(lane);
      source.lanes.add(lane);
      const next = source.tasks.next();
      if (next.done !== true) {
        this.#messages -= next.value.batch.messages.length;
        return next.value;
      }
      this.#sources.splice(this.#sources.indexOf(source), 1);
    }
    this.#messages = 0;
    return null;
  }

  #sourceFor(lane: number): Source | undefined {
    const own = this.#sources.find(({ lanes }) => lanes.has(lane));
    if (own !== undefined) return own;
    const fewest = Math.min(...this.#sources.map(({ lanes }) => lanes.size));
    return this.#sources.find(({ lanes }) => lanes.size === fewest);
  }

  #wake(): void {
    const due = this.#waiting.filter(({ moreThan }) => this.#closed || this.#messages > moreThan);
    this.#waiting = this.#waiting.filter((waiting) => !due.includes(waiting));
    for (const { wake } of due) wake();
  }
}
