import type { JobEvent, JobHandler, JobQueue, JobState, QueuedJob, QueueWorker } from '@mxodus/model';
import { checkIds } from './check-jobs.ts';
import { Connections } from './connections.ts';
import { InlineWorker } from './inline-worker.ts';
import { CANCELLED, type Outcome, RunningSlice } from './running-slice.ts';

interface Entry {
  job: QueuedJob;
  state: JobState;
  slice: RunningSlice | null;
  timer: NodeJS.Timeout | null;
  waitsFor: ReadonlySet<string>;
}

/**
 * The queue of one process. A job starts when its connections are free at all its servers and no earlier job waits for them: one that
 * does not fit yet reserves what it needs, so neither a big nor a small job is overtaken for ever. A job that wants more than a server
 * allows gets what the server allows.
 *
 * @param limits connections at once, by server; 1 at least
 */
export function inlineQueue(limits: Readonly<Record<string, number>>): JobQueue {
  return new InlineQueue(limits);
}

class InlineQueue implements JobQueue {
  readonly #entries = new Map<string, Entry>();
  readonly #connections: Connections;
  readonly #workers: InlineWorker[] = [];
  readonly #listeners = new Set<(event: JobEvent) => void>();
  /** Those in state `after`. */
  readonly #parents = new Set<Entry>();
  /** In the order they are taken. */
  #waiting: Entry[] = [];
  #paused = false;
  #looking = false;

  constructor(limits: Readonly<Record<string, number>>) {
    this.#connections = new Connections(limits);
  }

  async add(jobs: readonly QueuedJob[]): Promise<void> {
    this.#check(jobs);
    this.#put(jobs);
  }

  async first(ids: readonly string[]): Promise<void> {
    const chosen = ids.flatMap((id) => this.#waiting.filter(({ job }) => job.id === id));
    this.#waiting = [...new Set([...chosen, ...this.#waiting])];
    this.#look();
  }

  work(handler: JobHandler, { atOnce }: { atOnce: number }): QueueWorker {
    const checked: JobHandler = async (slice) => {
      const end = await handler(slice);
      if (end.kind === 'after') this.#check(end.jobs);
      return end;
    };
    const worker = new InlineWorker(checked, atOnce);
    this.#workers.push(worker);
    this.#look();
    return worker;
  }

  async jobs(): Promise<{ id: string; state: JobState }[]> {
    const put = [...this.#entries.values()].filter(({ state }) => state !== 'waiting');
    return [...put, ...this.#waiting].map(({ job, state }) => ({ id: job.id, state }));
  }

  async cancel(ids: readonly string[]): Promise<void> {
    const all = new Set(ids);
    for (const id of all) for (const child of this.#entries.get(id)?.waitsFor ?? []) all.add(child);
    for (const id of all) this.#entries.get(id)?.slice?.leave(CANCELLED);
    const gone = [...all].filter((id) => this.#entries.get(id)?.slice === null);
    for (const id of gone) {
      const entry = this.#entries.get(id);
      if (entry?.timer) clearTimeout(entry.timer);
      if (entry) this.#parents.delete(entry);
      this.#entries.delete(id);
    }
    this.#waiting = this.#waiting.filter(({ job }) => this.#entries.has(job.id));
    for (const id of gone) this.#ended(id, CANCELLED);
  }

  async pause(): Promise<void> {
    this.#paused = true;
  }

  async resume(): Promise<void> {
    this.#paused = false;
    this.#look();
  }

  onEvent(listener: (event: JobEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.stop(0)));
    for (const { timer } of this.#entries.values()) if (timer) clearTimeout(timer);
    this.#entries.clear();
    this.#parents.clear();
    this.#waiting = [];
    this.#listeners.clear();
  }

  #check(jobs: readonly QueuedJob[]): void {
    checkIds(jobs);
    for (const job of jobs) this.#connections.check(job);
  }

  #put(jobs: readonly QueuedJob[]): void {
    for (const job of jobs) {
      if (this.#entries.has(job.id)) continue;
      const entry: Entry = { job, state: 'waiting', slice: null, timer: null, waitsFor: new Set() };
      this.#entries.set(job.id, entry);
      this.#waiting.push(entry);
    }
    this.#look();
  }

  /** Soon: whatever else is being said to the queue now counts too. */
  #look(): void {
    if (this.#looking) return;
    this.#looking = true;
    queueMicrotask(() => {
      this.#looking = false;
      if (!this.#paused) this.#startWhatFits();
    });
  }

  #startWhatFits(): void {
    const left = this.#connections.beginLook();
    const waiting: Entry[] = [];
    for (const entry of this.#waiting) {
      const worker = this.#workers.find((one) => one.hasPlace);
      if (worker !== undefined && left.keep(entry.job)) this.#start(entry, worker);
      else waiting.push(entry);
    }
    this.#waiting = waiting;
  }

  #start(entry: Entry, worker: InlineWorker): void {
    const { id } = entry.job;
    const slice = new RunningSlice(id, (progress) => this.#tell({ kind: 'progress', id, progress }));
    entry.slice = slice;
    entry.state = 'running';
    this.#connections.take(entry.job);
    worker.run(slice, (outcome) => {
      this.#connections.giveBack(entry.job);
      this.#leave(entry, outcome);
      this.#look();
    });
    this.#tell({ kind: 'started', id });
  }

  #leave(entry: Entry, outcome: Outcome): void {
    entry.slice = null;
    const { id } = entry.job;
    // The queue was closed meanwhile.
    if (this.#entries.get(id) !== entry) return;
    switch (outcome.kind) {
      case 'done':
        this.#gone(id, null);
        return;
      case 'failed':
        this.#gone(id, outcome.code);
        return;
      case 'cancelled':
        this.#gone(id, CANCELLED);
        return;
      case 'later':
        entry.state = 'later';
        entry.timer = setTimeout(() => this.#again(entry), outcome.inMs);
        return;
      case 'after':
        this.#wait(entry, outcome.jobs);
    }
  }

  #wait(entry: Entry, jobs: readonly QueuedJob[]): void {
    entry.state = 'after';
    entry.waitsFor = new Set(jobs.map(({ id }) => id));
    this.#parents.add(entry);
    this.#put(jobs);
    this.#againWhenFree(entry);
  }

  #again(entry: Entry): void {
    entry.timer = null;
    entry.state = 'waiting';
    this.#waiting.push(entry);
    this.#look();
  }

  #againWhenFree(entry: Entry): void {
    if ([...entry.waitsFor].some((id) => this.#entries.has(id))) return;
    this.#parents.delete(entry);
    this.#again(entry);
  }

  #gone(id: string, failed: string | null): void {
    this.#entries.delete(id);
    this.#ended(id, failed);
  }

  #ended(id: string, failed: string | null): void {
    for (const entry of this.#parents) if (entry.waitsFor.has(id)) this.#againWhenFree(entry);
    this.#tell({ kind: 'ended', id, failed });
  }

  #tell(event: JobEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
