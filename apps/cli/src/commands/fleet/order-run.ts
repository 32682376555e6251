import { setTimeout as pause } from 'node:timers/promises';
import { type FleetStore, type Lease, MxodusError, type Run, type RunOrder } from '@mxodus/model';
import { isOpen } from './open-run.ts';

/** How long a worker that has just ended the last run may take to let go of its mailbox. */
const PATIENCE_MS = 5000;
const AGAIN_MS = 200;

/**
 * Orders a run, or finds the one under way for the same order. A new one is ordered as the only process that works on the project, so
 * that it never begins in the middle of a cutover; `isSwitched` is asked then.
 *
 * Throws BUSY when another run is under way, or another process (a cutover, an inline sync) works on the project.
 */
export async function orderRun(
  store: FleetStore,
  order: Omit<RunOrder, 'appendOnly'>,
  isSwitched: () => Promise<boolean>,
): Promise<{ run: Run; isNew: boolean }> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const latest = await store.runs.latest(order.project);
    if (latest !== null && isOpen(latest)) {
      const { run, isNew } = await store.runs.order({ ...order, appendOnly: latest.appendOnly });
      if (!isNew) return { run, isNew };
      // The one under way ended in between, and this one was ordered without the right to.
      await store.runs.setState(run.id, 'cancelled');
      continue;
    }
    const lease = await acquired(store, order.project, { last: performance.now() >= end });
    if (lease === null) {
      await pause(AGAIN_MS);
      continue;
    }
    try {
      return await store.runs.order({ ...order, appendOnly: await isSwitched() });
    } finally {
      await lease.release();
    }
  }
}

/** null: another process has it now. */
async function acquired(store: FleetStore, project: string, { last }: { last: boolean }): Promise<Lease | null> {
  try {
    return await store.leases.acquire(project);
  } catch (error) {
    if (last || !(error instanceof MxodusError) || error.code !== 'BUSY') throw error;
    return null;
  }
}
