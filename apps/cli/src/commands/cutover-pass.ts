import { type Emit, EXIT, type Ledger, type MxodusEvent } from '@mxodus/model';
import { type CutoverPorts, syncPlan } from '@mxodus/runner';
import type { OpenedPlan } from './open-plan.ts';
import type { Session } from './session.ts';

const TOLD: ReadonlySet<MxodusEvent['type']> = new Set(['error', 'not_moved', 'alteration', 'waiting']);

/** The passes of a cutover: the same sync as always. Of its events only those are told that somebody has to look at. */
export function passRunner(
  { now }: Session,
  { opened, ledger, emit }: { opened: OpenedPlan; ledger: Ledger; emit: Emit },
): CutoverPorts['runPass'] {
  const { plan, project } = opened;
  return async (mode, signal) => {
    const { exitCode, sourceMessages, buckets } = await syncPlan({
      plan,
      accounts: project.accounts,
      limits: project.limits,
      ledger,
      engine: project.engine,
      appendOnly: () => mode === 'drain',
      kind: mode,
      settleMs: project.config.sync.settle,
      tempDir: project.tempFolder,
      signal,
      emit: (event) => {
        if (TOLD.has(event.type)) emit(event);
      },
      now,
    });
    return {
      sourceMessages,
      movedNow: buckets.moved_now,
      notMoved: buckets.cannot + buckets.failed,
      inDoubt: buckets.in_doubt,
      complete: exitCode === EXIT.done || exitCode === EXIT.notAllMoved,
    };
  };
}
