import { setTimeout as pause } from 'node:timers/promises';
import { type FeedCredit, type FeedTask, fleetJobOf, nextToFeed } from '@mxodus/engine';
import { type FencedLease, type JobQueue, type JobState, MxodusError, type QueuedJob, type Run } from '@mxodus/model';
import { feederLease } from './lease-names.ts';
import { OpenTasks } from './open-tasks.ts';
import type { FleetPorts } from './ports.ts';

export interface FeederPorts extends Pick<FleetPorts, 'store' | 'project' | 'log'> {
  queue: JobQueue;
  /** Those this worker has a config of. */
  projects: readonly string[];
}

export interface Feeder {
  /** Feeds while no other worker with the same projects does. Resolves when `signal` aborts. */
  run(signal: AbortSignal): Promise<void>;
  /** Something changed: look now. */
  wake(): void;
}

/** A run that was just ordered waits for no longer. */
const EVERY_MS = 300;
/** However often it is woken. */
const AT_MOST_EVERY_MS = 100;
/** Until a feeder that died is followed by another one there is its lease anyway. */
const ANOTHER_FEEDS_MS = 2000;
const AWAY_MS = 1000;
/** A heartbeat is due every 5 s. */
const WORKER_SEEN_MS = 15_000;

/**
 * Tops the queue up from the tasks that have not ended, in an order that is fair (see nextToFeed), and takes out of it what is not to be
 * done now: jobs of runs that were cancelled or paused. All it knows is in the ledger and the queue; either may go away and come back.
 */
export function fleetFeeder(ports: FeederPorts): Feeder {
  const feeder = new FleetFeeder(ports);
  return { run: (signal) => feeder.run(signal), wake: () => feeder.wake() };
}

class FleetFeeder {
  readonly #ports: FeederPorts;
  readonly #tasks: OpenTasks;
  readonly #moved = new Set<string>();
  #credit: FeedCredit = [];
  #trouble: string | null = null;
  #isWoken = false;
  #wake: () => void = () => undefined;

  constructor(ports: FeederPorts) {
    this.#ports = ports;
    this.#tasks = new OpenTasks(ports);
  }

  wake(): void {
    this.#tasks.forget();
    this.#look();
  }

  #look(): void {
    this.#isWoken = true;
    this.#wake();
  }

  async run(signal: AbortSignal): Promise<void> {
    const { queue } = this.#ports;
    const stopListening = queue.onEvent(({ kind, id }) => {
      if (kind !== 'ended') return;
      this.#tasks.left([fleetJobOf(id)?.taskId ?? 0]);
      this.#look();
    });
    try {
      while (!signal.aborted) {
        const lease = await this.#acquire();
        if (lease === null) {
          await this.#rest(ANOTHER_FEEDS_MS, signal);
          continue;
        }
        try {
          await this.#feedWhileHeld(lease, signal);
        } finally {
          await lease.release().catch((error: unknown) => this.#troubled(error));
        }
      }
    } finally {
      stopListening();
    }
  }

  /** null: another worker feeds, or the ledger is away. */
  async #acquire(): Promise<FencedLease | null> {
    const { store, projects } = this.#ports;
    try {
      return await store.leases.acquire(feederLease(projects));
    } catch (error) {
      if (!(error instanceof MxodusError) || error.code !== 'BUSY') this.#troubled(error);
      return null;
    }
  }

  async #feedWhileHeld(lease: FencedLease, signal: AbortSignal): Promise<void> {
    const until = AbortSignal.any([signal, lease.lost]);
    this.#tasks.forget();
    while (!until.aborted) {
      this.#isWoken = false;
      try {
        await this.#round();
        this.#trouble = null;
      } catch (error) {
        this.#troubled(error);
        this.#tasks.forget();
        await pause(AWAY_MS, undefined, { signal: until }).catch(() => undefined);
      }
      await pause(AT_MOST_EVERY_MS, undefined, { signal: until }).catch(() => undefined);
      if (!this.#isWoken) await this.#rest(EVERY_MS - AT_MOST_EVERY_MS, until);
    }
  }

  async #round(): Promise<void> {
    const { store, queue, project } = this.#ports;
    const jobs = await queue.jobs();
    const runs = (await store.runs.open()).filter((run) => project(run.project) !== null);
    const inQueue = new Map<number, JobState>();
    for (const { id, state } of jobs) {
      const job = fleetJobOf(id);
      if (job !== null && job.group === null) inQueue.set(job.taskId, state);
    }
    const tasks = await this.#tasks.of(runs, inQueue);
    await this.#takeOut(jobs, runs);
    const { add, credit } = nextToFeed({
      ...{ runs, inQueue, credit: this.#credit, now: new Date(), places: await this.#places() },
      tasks: tasks.map(({ task }) => task),
    });
    this.#credit = credit;
    const jobOf = new Map(tasks.map(({ task, job }) => [task.id, job]));
    if (add.length > 0) await queue.add(add.flatMap((id) => jobOf.get(id) ?? []));
    this.#tasks.left(add);
    const wanted = tasks.flatMap(({ task, job }) => (task.firstAt === null ? [] : [{ task, job }]));
    for (const id of add) inQueue.set(id, 'waiting');
    await this.#moveFirst(wanted.map(({ task, job }) => ({ task, job, state: inQueue.get(task.id) })));
  }

  /** Once each: what is put off afterwards waits its turn. What was put off before waits no longer. */
  async #moveFirst(wanted: readonly { task: FeedTask; job: QueuedJob; state: JobState | undefined }[]): Promise<void> {
    const { queue } = this.#ports;
    const key = ({ id, firstAt }: FeedTask): string => `${id} ${firstAt}`;
    const news = wanted.filter(({ task }) => !this.#moved.has(key(task)));
    const putOff = news.filter(({ state }) => state === 'later').map(({ job }) => job);
    if (putOff.length > 0) {
      await queue.cancel(putOff.map(({ id }) => id));
      await queue.add(putOff);
    }
    const ids = news.filter(({ state }) => state === 'later' || state === 'waiting').map(({ job }) => job.id);
    if (ids.length > 0) await queue.first(ids);
    for (const { task, state } of news) if (state !== undefined) this.#moved.add(key(task));
  }

  async #takeOut(jobs: readonly { id: string }[], open: readonly Run[]): Promise<void> {
    const { queue, log } = this.#ports;
    const out: string[] = [];
    for (const { id } of jobs) {
      const job = fleetJobOf(id);
      if (job === null || (await this.#tasks.mayBeInQueue(job.taskId, open))) continue;
      out.push(id);
    }
    if (out.length === 0) return;
    log.info({ jobs: out.length }, 'taken out of the queue: their run was paused or cancelled');
    await queue.cancel(out);
  }

  /** Jobs at once of all workers that may take ours. */
  async #places(): Promise<number> {
    const workers = await this.#ports.store.runs.workers(WORKER_SEEN_MS);
    const ours = workers.filter(({ projects }) => projects.some((name) => this.#ports.projects.includes(name)));
    return ours.reduce((sum, { atOnce }) => sum + atOnce, 0);
  }

  #troubled(error: unknown): void {
    const what = error instanceof MxodusError ? error.code : String(error);
    if (what !== this.#trouble) this.#ports.log.trouble({}, error, 'the queue is not fed');
    this.#trouble = what;
  }

  #rest(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        this.#wake = () => undefined;
        resolve();
      };
      const timer = setTimeout(end, ms);
      signal.addEventListener('abort', end, { once: true });
      this.#wake = end;
      if (signal.aborted) end();
    });
  }
}
