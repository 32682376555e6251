import type { FeedTask } from '@mxodus/engine';
import type { QueuedJob, Run } from '@mxodus/model';
import { taskJob } from './job-needs.ts';
import { Plans } from './plans.ts';
import type { FleetPorts, FleetProject } from './ports.ts';

interface OpenTask {
  task: FeedTask;
  job: QueuedJob;
}

/** Ten thousand tasks are not read every second: reading takes a twentieth of the time at most. */
const SHARE_OF_TIME = 20;
const LEAST_AGE_MS = 900;
const LOOKED_UP_MS = 10_000;

/** The tasks that have not ended, as they were read not long ago. */
export class OpenTasks {
  readonly #ports: Pick<FleetPorts, 'store' | 'project' | 'log'>;
  readonly #plans: Plans;
  readonly #broken = new Set<number>();
  /** What is known of tasks that are not open. */
  readonly #others = new Map<number, { at: number; stays: boolean }>();
  readonly #left = new Set<number>();
  #tasks: OpenTask[] = [];
  #byId = new Map<number, OpenTask>();
  #runs = '';
  #readAt = Number.NEGATIVE_INFINITY;
  #tookMs = 0;

  constructor(ports: Pick<FleetPorts, 'store' | 'project' | 'log'>) {
    this.#ports = ports;
    this.#plans = new Plans(ports.store.runs);
  }

  /** Reads anew the next time. */
  forget(): void {
    this.#readAt = Number.NEGATIVE_INFINITY;
  }

  async of(runs: readonly Run[], inQueue: ReadonlyMap<number, unknown>): Promise<OpenTask[]> {
    const now = performance.now();
    const names = runs.map(({ id, state }) => `${id} ${state}`).join();
    const age = Math.max(LEAST_AGE_MS, SHARE_OF_TIME * this.#tookMs);
    if (names !== this.#runs || now - this.#readAt >= age) {
      this.#left.clear();
      this.#tasks = (await Promise.all(runs.map((run) => this.#read(run)))).flat();
      this.#byId = new Map(this.#tasks.map((one) => [one.task.id, one]));
      this.#runs = names;
      this.#readAt = performance.now();
      this.#tookMs = this.#readAt - now;
    }
    return this.#tasks.filter(({ task: { id } }) => !this.#left.has(id) || inQueue.has(id));
  }

  /** They may have ended since they were read: until the next reading they are not fed. */
  left(ids: readonly number[]): void {
    for (const id of ids) this.#left.add(id);
  }

  /** Its run is under way, or it is none of ours. */
  async mayBeInQueue(taskId: number, open: readonly Run[]): Promise<boolean> {
    const known = this.#byId.get(taskId);
    if (known !== undefined) return open.some(({ id, state }) => id === known.task.runId && state === 'running');
    const looked = this.#others.get(taskId);
    const now = performance.now();
    if (looked !== undefined && now - looked.at < LOOKED_UP_MS) return looked.stays;
    const stays = await this.#lookUp(taskId);
    this.#others.set(taskId, { at: now, stays });
    return stays;
  }

  async #lookUp(taskId: number): Promise<boolean> {
    const { runs } = this.#ports.store;
    const task = await runs.task(taskId);
    // Its handler finds out by itself.
    if (task === null || task.ended) return true;
    const run = await runs.run(task.runId);
    return run?.state === 'running';
  }

  async #read(run: Run): Promise<OpenTask[]> {
    const project = this.#ports.project(run.project);
    if (project === null) return [];
    const tasks = await this.#ports.store.runs.tasks(run.id, 'open');
    try {
      return await Promise.all(
        tasks.map(async ({ mailboxes, ...task }) => this.#openTask(run, project, { task, mailboxes })),
      );
    } catch (error) {
      if (!this.#broken.has(run.id)) this.#ports.log.trouble({ run: run.id }, error, 'a run cannot be fed');
      this.#broken.add(run.id);
      return [];
    }
  }

  async #openTask(
    run: Run,
    project: FleetProject,
    { task, mailboxes }: { task: Omit<FeedTask, 'line'>; mailboxes: readonly { address: string }[] },
  ): Promise<OpenTask> {
    const addresses = mailboxes.map(({ address }) => address);
    const planned = await this.#plans.mailboxes(run.planSha256, addresses);
    const job = taskJob(task.id, planned, project);
    return { task: { ...task, line: [run.project, ...Object.keys(job.connections)].join(' ') }, job };
  }
}
