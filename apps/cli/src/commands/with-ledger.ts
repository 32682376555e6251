import { type Ledger, MxodusError } from '@mxodus/model';
import type { Project } from '../compose.ts';
import type { ProjectLease } from '../ledger-services.ts';
import { assertNoRun } from './fleet/open-run.ts';
import type { OpenedPlan } from './open-plan.ts';
import type { Session } from './session.ts';

/** What one process does to the project. Its signal also aborts when the right to do it is lost. */
export type ProjectWork<T> = (ledger: Ledger, session: Session) => Promise<T>;

/**
 * Runs `work` as the only process that works on the project. Throws BUSY when another does, or a fleet; LEASE_LOST when another may have
 * taken over.
 *
 * @param which `copy`: of the ledger, for a run that must leave it as it is
 */
export async function withLedger<T>(
  session: Session,
  { project }: OpenedPlan,
  work: ProjectWork<T>,
  which: 'ledger' | 'copy' = 'ledger',
): Promise<T> {
  return aloneWith(session, project, async (lease, held) => {
    if (which === 'ledger') await assertNoRun(project);
    const ledger = await (which === 'copy' ? project.openLedgerCopy() : project.openLedger(lease));
    session.logFile = project.logFile;
    try {
      return await work(ledger, held);
    } finally {
      await ledger.close();
    }
  });
}

/** The same, for who works on the ledger as a whole. */
export async function aloneWith<T>(
  session: Session,
  project: Project,
  work: (lease: ProjectLease, session: Session) => Promise<T>,
): Promise<T> {
  const lease = await project.leases.acquire(project.config.project);
  try {
    return await underLease(session, lease, (held) => work(lease, held));
  } finally {
    await lease.release();
  }
}

async function underLease<T>(
  session: Session,
  { fence }: ProjectLease,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  if (fence === null) return work(session);
  const held = { ...session, signal: AbortSignal.any([session.signal, fence.lost]) };
  try {
    const result = await work(held);
    // What it ended early for is not the Ctrl-C it may take it for.
    if (fence.lost.aborted && !session.signal.aborted) throw lostLease(fence.lost.reason);
    return result;
  } catch (error) {
    throw fence.lost.aborted && !session.signal.aborted ? lostLease(fence.lost.reason) : error;
  }
}

/** Nobody takes over what a command of one process did: it is for its user to go on. */
function lostLease(reason: unknown): MxodusError {
  return new MxodusError('LEASE_LOST', {
    what: 'this process is no longer the only one that may work on the project; it stopped',
    why: 'it was out of touch with PostgreSQL for longer than its lease lasts',
    advice: 'give the same command again: what was moved is kept, and what is in doubt is looked for first',
    cause: reason,
  });
}
