import { type Emit, EXIT, type Ledger, type MxodusEvent } from '@mxodus/model';
import { type CutoverPorts, reversePass, type SyncResult, syncPlan } from '@mxodus/runner';
import { notMovedEvent } from '../views/report.ts';
import type { OpenedPlan } from './open-plan.ts';
import type { Session } from './session.ts';

const TOLD: ReadonlySet<MxodusEvent['type']> = new Set(['error', 'not_moved', 'alteration', 'waiting']);

/**
 * The passes of a cutover: the same sync as always, and after a rollback the way back. Of their events only those are told that somebody
 * has to look at.
 */
export function passRunner(
  { now }: Session,
  { opened, ledger, emit }: { opened: OpenedPlan; ledger: Ledger; emit: Emit },
): CutoverPorts['runPass'] {
  const { plan, project } = opened;
  return async (mode, signal) => {
    const options = {
      plan,
      accounts: project.accounts,
      limits: project.limits,
      engine: project.engine,
      settleMs: project.config.sync.settle,
      tempDir: project.tempFolder,
      signal,
      emit: (event: MxodusEvent) => {
        if (TOLD.has(event.type)) emit(event);
      },
      now,
    };
    const { exitCode, sourceMessages, buckets } =
      mode === 'reverse'
        ? await back(opened, { ...options, forward: ledger })
        : await syncPlan({ ...options, ledger, appendOnly: () => mode === 'drain', kind: mode });
    return {
      sourceMessages,
      movedNow: buckets.moved_now,
      notMoved: buckets.cannot + buckets.failed,
      inDoubt: buckets.in_doubt,
      complete: exitCode === EXIT.done || exitCode === EXIT.notAllMoved,
    };
  };
}

/** What could not be copied back is in no report: it is told at once. */
async function back(
  { project }: OpenedPlan,
  options: Omit<Parameters<typeof reversePass>[0], 'ledger'>,
): Promise<SyncResult> {
  const ledger = await project.openReverseLedger();
  try {
    const result = await reversePass({ ...options, ledger });
    for (const row of await ledger.notMoved()) options.emit(notMovedEvent(row));
    return result;
  } finally {
    await ledger.close();
  }
}
