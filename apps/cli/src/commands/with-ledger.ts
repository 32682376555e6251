import type { Ledger } from '@mxodus/model';
import type { OpenedPlan } from './open-plan.ts';

/**
 * Runs `work` as the only process that works on the project. Throws BUSY when another does.
 *
 * @param which `copy`: of the ledger, for a run that must leave it as it is
 */
export async function withLedger<T>(
  { plan, project }: OpenedPlan,
  work: (ledger: Ledger) => Promise<T>,
  which: 'ledger' | 'copy' = 'ledger',
): Promise<T> {
  const lease = await project.leases.acquire(plan.project);
  try {
    const ledger = await (which === 'copy' ? project.openLedgerCopy() : project.openLedger());
    try {
      return await work(ledger);
    } finally {
      await ledger.close();
    }
  } finally {
    await lease.release();
  }
}
