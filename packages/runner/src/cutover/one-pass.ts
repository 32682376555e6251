import { EXIT, MxodusError } from '@mxodus/model';
import { finalDeltaIncomplete } from './cutover-errors.ts';
import type { PassMode, PassResult } from './ports.ts';
import { rollbackAsked } from './requests.ts';
import type { Run, Write } from './run-context.ts';

const NOTHING: PassResult = { sourceMessages: 0, movedNow: 0, notMoved: 0, inDoubt: 0, complete: false };

/**
 * One pass of sync, with its outcome in the journal. The final delta must be clean, or the cutover stops. A pass of the drain or of the
 * way back that fails does not: what it should have fetched waits where it is for the next one. A rollback that is asked for cuts it
 * short.
 */
export async function onePass(run: Run, mode: PassMode, write: Write): Promise<void> {
  const started = new Date(run.ports.now()).toISOString();
  try {
    const result = await runWatched(run, mode);
    if (result === null) {
      const problem = 'cut short: a rollback was asked for';
      return write(run, passed({ mode, started, result: NOTHING, problem }, run));
    }
    await write(run, passed({ mode, started, result, problem: null }, run));
    if (mode === 'final' && !(result.complete && result.inDoubt === 0)) throw finalDeltaIncomplete(result);
  } catch (error) {
    if (!(error instanceof MxodusError) || error.code === 'GATE_CLOSED' || run.signal.aborted) throw error;
    await write(run, passed({ mode, started, result: NOTHING, problem: `${error.what}: ${error.why}` }, run));
    if (mode === 'final' || error.exitCode === EXIT.bug || error.exitCode === EXIT.usage) throw error;
  }
}

/** null: it was cut short, because a rollback is asked for. */
async function runWatched(run: Run, mode: PassMode): Promise<PassResult | null> {
  if (mode === 'reverse') return run.ports.runPass(mode, run.signal);
  const [ended, stop] = [new AbortController(), new AbortController()];
  const watching = rollbackAsked(run, ended.signal).finally(() => stop.abort());
  const pass = run.ports.runPass(mode, AbortSignal.any([run.signal, stop.signal])).finally(() => ended.abort());
  const [watched, done] = await Promise.allSettled([watching, pass]);
  if (watched.status === 'rejected') throw watched.reason;
  if (done.status === 'fulfilled') return done.value;
  if (watched.value && !run.signal.aborted) return null;
  throw done.reason;
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
