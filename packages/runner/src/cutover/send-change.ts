import { type CutoverStep, changeStatus, rrsetNameText, stateWhenAccepted } from '@mxodus/engine';
import { invariant, MxodusError } from '@mxodus/model';
import { providerOf } from './ask-gates.ts';
import { guardFailed } from './cutover-errors.ts';
import type { Run, Write } from './run-context.ts';

/** More than any provider's own limits: a change is not cut off by Ctrl-C, its answer decides what the journal says. */
const PATIENCE_MS = 60_000;

/**
 * Announces a change in the journal, then sends it. Without an answer the announcement stays: the next look at the live records
 * decides whether it was made. So it does when a change that was in doubt already is refused: that says nothing of the first sending.
 */
export async function sendChange(run: Run, step: Extract<CutoverStep, { kind: 'send' }>, write: Write): Promise<void> {
  const { phase, group, again } = step;
  const { progress } = run;
  const safe = phase !== 'switch' || run.ports.now() >= (progress.waits.lower?.safeAt ?? Number.POSITIVE_INFINITY);
  invariant(safe, 'the MX was about to be switched before the old TTL had run out');
  invariant(progress.held === null, 'a change was about to be sent although a person holds the cutover');
  const about = { phase, zone: group.zone };
  const provider = await providerOf(group, run.ports);
  await write(run, { state: progress.state, event: 'sending', facts: about });
  const isKnown = changeStatus(progress, phase, group.zone).kind === 'untouched';
  const refused = async (why: string): Promise<void> => {
    if (isKnown) await write(run, { state: progress.state, event: 'refused', facts: { ...about, why } });
  };
  let result: Awaited<ReturnType<typeof provider.apply>>;
  try {
    result = await provider.apply(group.changes, AbortSignal.timeout(PATIENCE_MS));
  } catch (error) {
    // A refusal is an answer: nothing was changed. Anything else leaves the change in doubt.
    if (error instanceof MxodusError && error.code === 'DNS_REFUSED') await refused(`${error.what}: ${error.why}`);
    throw error;
  }
  switch (result.kind) {
    case 'applied': {
      const facts = { ...about, serial: result.serial, change_id: result.changeId, found_live: false };
      return write(run, { state: stateWhenAccepted(phase, progress), event: 'accepted', facts });
    }
    case 'by-hand':
      run.emit({ type: 'cutover_instructions', ...about, text: result.instructions });
      return write(run, {
        state: progress.state,
        event: 'asked',
        facts: { ...about, instructions: result.instructions },
      });
    case 'conflict': {
      await refused(result.why);
      throw guardFailed({ rrsets: group.changes.map(rrsetNameText), why: result.why, again });
    }
  }
}
