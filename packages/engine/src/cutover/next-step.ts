import { drainDue, reverseDue, reverseOver } from './drain.ts';
import { driftOf } from './drift.ts';
import { forwardStep } from './forward.ts';
import { someAccepted } from './settle.ts';
import type { CutoverSituation } from './situation.ts';
import type { CutoverStep } from './step.ts';
import { heldWait } from './waits.ts';
import { wayBackStep } from './way-back.ts';

/**
 *   journal says                step
 *   over (RESTORED, CLOSED,     done
 *   ROLLED_BACK)
 *   records somebody else made  drifted, in every other state
 *   held                        no change, no final delta, no other state; passes and looking go on
 *   ROLLING_BACK                see `wayBackStep`
 *   else                        see `forwardStep`
 */
export function nextStep(situation: CutoverSituation): CutoverStep {
  const { progress } = situation;
  if (isOver(situation)) return { kind: 'done' };
  const views = driftOf(situation);
  if (views.length > 0) return { kind: 'drifted', views };
  const step = progress.state === 'ROLLING_BACK' ? wayBackStep(situation) : forwardStep(situation);
  return progress.held === null ? step : (heldBack(step, situation) ?? step);
}

function isOver({ progress }: CutoverSituation): boolean {
  return progress.state === 'RESTORED' || progress.state === 'CLOSED' || progress.state === 'ROLLED_BACK';
}

/** What is done instead while a person holds the cutover; null: the step itself, which changes nothing. */
function heldBack(step: CutoverStep, situation: CutoverSituation): CutoverStep | null {
  switch (step.kind) {
    case 'done':
    case 'drifted':
      return null;
    case 'note':
      // What is found out is written down: a switch that turns out to be made needs its drain.
      if (step.note.event !== 'entered') return null;
      break;
    case 'pass':
      if (step.mode !== 'final') return null;
      break;
    case 'audit':
    case 'send':
    case 'route':
    case 'wait':
  }
  return duePass(situation) ?? heldWait(situation);
}

/** The pass that is due after the switch, or after its undoing. */
export function duePass(situation: CutoverSituation): CutoverStep | null {
  const { progress, plan, now } = situation;
  if (progress.state === 'ROLLING_BACK') {
    const isOn = someAccepted('unswitch', situation) && !reverseOver(progress);
    return isOn && reverseDue(progress, plan.settings, now) ? { kind: 'pass', mode: 'reverse' } : null;
  }
  return progress.switchedAt !== null && drainDue(progress, plan.settings, now)
    ? { kind: 'pass', mode: 'drain' }
    : null;
}
