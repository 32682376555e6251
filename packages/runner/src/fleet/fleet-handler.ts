import { fleetJobOf } from '@mxodus/engine';
import { type JobHandler, type JobSlice, MxodusError, type Run, type RunTask, type SliceEnd } from '@mxodus/model';
import { withTempFolder } from '../temp-folder.ts';
import { leaseName } from './lease-names.ts';
import { soon } from './pauses.ts';
import { Plans } from './plans.ts';
import type { FleetPorts, FleetProject } from './ports.ts';
import { shareSlice } from './share-slice.ts';
import { SliceClock } from './slice-clock.ts';
import { DONE } from './slice-work.ts';
import { taskSlice } from './task-slice.ts';

/** What a worker does with the jobs it takes. It never throws: what is left undone comes again. */
export function fleetHandler(ports: FleetPorts): JobHandler {
  const handler = new FleetHandler(ports);
  return (slice) => handler.handle(slice);
}

const LATER: SliceEnd = { kind: 'later', inMs: 30_000 };
/** The log says once in a while what does not change. */
const SAID_AGAIN_MS = 60_000;

interface Found {
  task: RunTask;
  run: Run;
  project: FleetProject;
  /** null: the task itself. */
  group: number | null;
}

class FleetHandler {
  readonly #ports: FleetPorts;
  readonly #plans: Plans;
  readonly #said = new Map<string, number>();

  constructor(ports: FleetPorts) {
    this.#ports = ports;
    this.#plans = new Plans(ports.store.runs);
  }

  async handle(slice: JobSlice): Promise<SliceEnd> {
    try {
      const found = await this.#find(slice.id);
      return 'kind' in found ? found : await this.#underLease(slice, found);
    } catch (error) {
      if (error instanceof MxodusError && error.code === 'BUSY') return soon();
      this.#ports.log.trouble({ job: slice.id }, error, 'a slice ended early');
      const isPassing = error instanceof MxodusError && ['LEASE_LOST', 'LEDGER_UNREACHABLE'].includes(error.code);
      return isPassing ? soon() : LATER;
    }
  }

  /** The ledger decides whether there is anything to do. */
  async #find(id: string): Promise<Found | SliceEnd> {
    const { store, project, log } = this.#ports;
    const job = fleetJobOf(id);
    if (job === null) {
      log.warn({ job: id }, 'not a job of a fleet');
      return DONE;
    }
    const task = await store.runs.task(job.taskId);
    if (task === null || task.ended) return DONE;
    const run = await store.runs.run(task.runId);
    // A paused one is fed again when it goes on.
    if (run?.state !== 'running') return DONE;
    const known = project(run.project);
    if (known !== null) return { task, run, project: known, group: job.group };
    if (this.#isNews(run.project))
      log.warn({ project: run.project }, 'a job of a project this worker has no config of');
    return soon();
  }

  async #underLease(slice: JobSlice, { task: before, run, project, group }: Found): Promise<SliceEnd> {
    const { store, log } = this.#ports;
    const plan = await this.#plans.plan(run.planSha256);
    const addresses = before.mailboxes.map(({ address }) => address);
    const mailboxes = await this.#plans.mailboxes(run.planSha256, addresses);
    const [first] = mailboxes;
    if (first === undefined) return DONE;
    const lease = await store.leases.acquire(leaseName(run.project, first, group));
    const clock = new SliceClock(project.sliceMs, [slice.signal, lease.lost]);
    try {
      // What was read without the lease may be old.
      const task = await store.runs.task(before.id);
      if (task === null || task.ended) return DONE;
      const ledger = await store.ledgerUnder(run.project, lease);
      try {
        return await withTempFolder(project.tempDir, 'slice', (tempDir) => {
          const common = {
            ports: this.#ports,
            project,
            plan,
            run,
            task,
            troubles: task.troubles,
            mailboxes,
            lease,
            ledger,
            slice,
            clock,
            tempDir,
          };
          return group === null ? taskSlice(common) : shareSlice(common, group);
        });
      } finally {
        await ledger.close();
      }
    } finally {
      clock.stop();
      await lease
        .release()
        .catch((error: unknown) => log.trouble({ job: slice.id }, error, 'a lease was not released'));
    }
  }

  #isNews(project: string): boolean {
    const now = performance.now();
    if (now - (this.#said.get(project) ?? Number.NEGATIVE_INFINITY) < SAID_AGAIN_MS) return false;
    this.#said.set(project, now);
    return true;
  }
}
