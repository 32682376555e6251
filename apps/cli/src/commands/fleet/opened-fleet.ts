import { type FleetStore, type JobQueue, MxodusError, type Run } from '@mxodus/model';
import { commandLine } from '../../views/next-step.ts';
import type { OpenedPlan } from '../open-plan.ts';
import type { Session } from '../session.ts';
import { isOpen } from './open-run.ts';

export interface OpenedFleet {
  /** As the config names it. */
  fleet: string;
  store: FleetStore;
  /** null: Redis did not answer. What people wish is in the ledger, and the workers find it there. */
  withQueue<T>(work: (queue: JobQueue) => Promise<T>): Promise<T | null>;
}

/** Throws USAGE when the config names no fleet. */
export async function openFleet(session: Session, { project }: OpenedPlan): Promise<OpenedFleet> {
  const { queue, ledger } = project.config;
  if (project.store === null || project.queue === null || queue.kind !== 'bullmq') {
    throw new MxodusError('USAGE', {
      what: 'the project has no fleet',
      why: `the config ${project.loaded.path} has \`queue.kind: ${queue.kind}\` and \`ledger.kind: ${ledger.kind}\``,
      advice: 'add `ledger: { kind: postgres, … }` and `queue: { kind: bullmq, … }` to it (docs/fleet.md)',
    });
  }
  const openQueue = project.queue;
  return {
    fleet: queue.fleet,
    store: await project.store(),
    withQueue: async (work) => {
      try {
        const opened = await openQueue();
        return await work(opened);
      } catch (error) {
        if (!(error instanceof MxodusError) || error.code !== 'QUEUE_UNREACHABLE') throw error;
        session.output.notice(`Redis does not answer: ${error.what}. The ledger has it; the workers look there.`);
        return null;
      }
    },
  };
}

/** The run under way. Throws RUN_NOT_FOUND when there is none. */
export async function requireRun({ plan, words }: OpenedPlan, { store }: OpenedFleet): Promise<Run> {
  const run = await store.runs.latest(plan.project);
  if (run !== null && isOpen(run)) return run;
  throw new MxodusError('RUN_NOT_FOUND', {
    what: `the fleet has no run of "${plan.project}" under way`,
    why: run === null ? 'none was ever ordered' : `the last one, run ${run.id}, is ${run.state}`,
    advice: `order one: ${commandLine('sync', words)}`,
  });
}
