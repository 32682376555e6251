import type { QueuedJob } from '@mxodus/model';
import { DelayedError, type Job, type Queue, UnrecoverableError, WaitingChildrenError } from 'bullmq';
import { CANCELLED, type Outcome } from '../inline/running-slice.ts';
import type { JobData } from './job-data.ts';
import { JOB_NAME, JOB_OPTIONS } from './queue-redis.ts';
import type { QueueTrouble } from './queue-trouble.ts';

/** A job as BullMQ gave it to a worker. */
export interface TakenJob {
  id: string;
  job: Job<unknown, void>;
  /** What its lock is known by. */
  token: string;
}

/**
 * Gives a job back to BullMQ after a slice: returns when it is done, and throws what BullMQ wants to see thrown otherwise. When Redis no
 * longer knows it as this worker's, that is told, and nothing is left to do: the ledger knows how far it came.
 */
export async function handBack(
  taken: TakenJob,
  outcome: Outcome,
  ports: { queue: Queue<JobData>; trouble: QueueTrouble },
): Promise<void> {
  switch (outcome.kind) {
    case 'done':
      return;
    case 'failed':
      ports.trouble.failed(outcome.error, taken.id);
      throw new UnrecoverableError(outcome.code);
    case 'cancelled':
      throw new UnrecoverableError(CANCELLED);
    case 'later':
      throw await putOff(taken, outcome.inMs, ports.trouble);
    case 'after':
      throw await letWait(taken, outcome.jobs, ports);
  }
}

/** Does not use up an attempt. */
export async function putOff({ id, job, token }: TakenJob, inMs: number, trouble: QueueTrouble): Promise<DelayedError> {
  try {
    await job.moveToDelayed(Date.now() + inMs, token);
  } catch (error) {
    trouble.tell(error, id);
  }
  return new DelayedError();
}

/** Jobs that are in the queue already are only waited for, so this may be done again after a crash. */
async function letWait(
  taken: TakenJob,
  jobs: readonly QueuedJob[],
  { queue, trouble }: { queue: Queue<JobData>; trouble: QueueTrouble },
): Promise<Error> {
  const { id, job, token } = taken;
  try {
    const parent = { id, queue: queue.qualifiedName };
    await queue.addBulk(
      jobs.map(({ id: jobId, connections }) => ({
        name: JOB_NAME,
        data: { connections },
        opts: { ...JOB_OPTIONS, jobId, parent, ignoreDependencyOnFailure: true },
      })),
    );
    if (await job.moveToWaitingChildren(token)) return new WaitingChildrenError();
  } catch (error) {
    trouble.tell(error, id);
    return new DelayedError();
  }
  // All of them have ended meanwhile.
  return putOff(taken, 0, trouble);
}
