import { MxodusError, type Run } from '@mxodus/model';
import type { Project } from '../../compose.ts';

export const isOpen = ({ state }: Run): boolean => state === 'running' || state === 'paused';

/** The run of the fleet the project has under way; null: none, or no fleet. */
export async function openRunOf({ store, config }: Project): Promise<Run | null> {
  if (store === null) return null;
  const run = await (await store()).runs.latest(config.project);
  return run !== null && isOpen(run) ? run : null;
}

/** Throws BUSY while a fleet has a run of the project: between two slices no worker holds anything. */
export async function assertNoRun(project: Project): Promise<void> {
  const run = await openRunOf(project);
  if (run === null) return;
  throw new MxodusError('BUSY', {
    what: `run ${run.id} of the fleet works on "${run.project}"`,
    why: `it was ordered at ${run.orderedAt} and is ${run.state}`,
    advice: 'wait for it to end (mxodus fleet status PLAN), or end it with mxodus fleet cancel PLAN',
  });
}
