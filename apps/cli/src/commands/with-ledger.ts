import type { Ledger } from '@mxodus/model';
import type { OpenedPlan } from './open-plan.ts';

/** Runs `work` as the only process that works on the project. Throws BUSY when another does. */
export async function withLedger<T>({ plan, project }: OpenedPlan, work: (ledger: Ledger) => Promise<T>): Promise<T> {
  const lease = await project.leases.acquire(plan.project);
  try {
    const ledger = await project.openLedger();
    try {
      return await work(ledger);
    } finally {
      await ledger.close();
    }
  } finally {
    await lease.release();
  }
}
