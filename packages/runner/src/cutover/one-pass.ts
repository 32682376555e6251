import { EXIT, MxodusError } from '@mxodus/model';
import { finalDeltaIncomplete } from './cutover-errors.ts';
import type { PassMode, PassResult } from './ports.ts';
import type { Run, Write } from './run-context.ts';

const NOTHING: PassResult = { sourceMessages: 0, movedNow: 0, notMoved: 0, inDoubt: 0, complete: false };

/**
 * One pass of sync, with its outcome in the journal. The final delta must be clean, or the cutover stops. A drain pass that fails does
 * not: the MX is switched, and what it should have fetched waits at the old server for the next one.
 */
export async function onePass(run: Run, mode: PassMode, write: Write): Promise<void> {
  const started = new Date(run.ports.now()).toISOString();
  try {
    const result = await run.ports.runPass(mode, run.signal);
    await write(run, passed({ mode, started, result, problem: null }, run));
    if (mode === 'final' && !(result.complete && result.inDoubt === 0)) throw finalDeltaIncomplete(result);
  } catch (error) {
    if (!(error instanceof MxodusError) || error.code === 'GATE_CLOSED' || run.signal.aborted) throw error;
    await write(run, passed({ mode, started, result: NOTHING, problem: `${error.what}: ${error.why}` }, run));
    if (mode === 'final' || error.exitCode === EXIT.bug || error.exitCode === EXIT.usage) throw error;
  }
}

function passed(
  pass: { mode: PassMode; started: string; result: PassResult; problem: string | null },
  { progress }: Run,
): Parameters<Write>[1] {
  const { mode, started, result, problem } = pass;
  const facts = {
    mode,
    started,
    complete: result.complete,
    source_messages: result.sourceMessages,
    moved_now: result.movedNow,
    not_moved: result.notMoved,
    in_doubt: result.inDoubt,
    problem,
  };
  return { state: progress.state, event: 'passed', facts };
}
