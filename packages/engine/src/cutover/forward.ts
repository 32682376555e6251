import { canaryWait } from './canary-wait.ts';
import { changeWait } from './change-wait.ts';
import { drainDue, drainEnd, drainOver, drainProblem } from './drain.ts';
import { changeStatus } from './progress.ts';
import { allAccepted, settle, settleGroup } from './settle.ts';
import type { CutoverSituation } from './situation.ts';
import { type CutoverStep, enter, groupsOf, isUnderWay, note } from './step.ts';
import { addressWait, cacheWait, windowWait } from './waits.ts';

/** A final delta older than this is made again before the switch. */
const FINAL_DELTA_MS = 15 * 60_000;

/**
 *   state        leaves when                                             on the way
 *   DRAFT        the gates are green                                     -
 *   AUDITED      all staged records are served and safe_at has passed    sends, waits
 *   STAGED       the first TTL change is accepted, or none is needed     sends
 *   TTL_LOWERED  all are served and safe_at has passed                   sends, waits
 *   ARMED        the window is open and the final delta is clean         waits, final pass
 *   FROZEN       the first switch is accepted                            sends; a stale delta is made again
 *   SWITCHED     the last switch is accepted                             sends (see `beforeNextZone`), waits, drain passes
 *   PROPAGATING  all are served, safe_at has passed, canaries arrived    waits, drain passes
 *   VERIFIED     at once                                                 drain passes
 *   DRAINING     the drain is over and the restored TTL is served        drain passes, sends
 *
 * Impossible: a switch sent before safe_at of the low TTL (see `beforeSwitch`); two changes of one zone in doubt at once.
 */
export function forwardStep(situation: CutoverSituation): CutoverStep {
  switch (situation.progress.state) {
    case 'DRAFT':
      return { kind: 'audit' };
    case 'AUDITED':
      return staged(situation) ?? enter('STAGED');
    case 'STAGED':
      if (groupsOf('lower', situation).length === 0) return staged(situation) ?? enter('TTL_LOWERED');
      return staged(situation) ?? settle('lower', situation) ?? enter('TTL_LOWERED');
    case 'TTL_LOWERED':
      return beforeSwitch(situation) ?? enter('ARMED');
    case 'ARMED':
      return beforeSwitch(situation) ?? windowWait(situation) ?? finalDelta(situation) ?? enter('FROZEN');
    case 'FROZEN':
      if (isUnderWay('switch', situation)) return settle('switch', situation) ?? enter('SWITCHED');
      return beforeSwitch(situation) ?? finalDelta(situation) ?? settle('switch', situation) ?? enter('SWITCHED');
    case 'SWITCHED':
      return withDrain(
        situation,
        allAccepted('switch', situation)
          ? enter('PROPAGATING')
          : (beforeNextZone(situation) ?? settle('switch', situation)),
      );
    case 'PROPAGATING':
      return withDrain(situation, afterSwitch(situation) ?? enter('VERIFIED'));
    case 'VERIFIED':
      return withDrain(situation, settle('switch', situation) ?? enter('DRAINING'));
    case 'DRAINING':
      return withDrain(situation, afterDrain(situation));
    case 'RESTORED':
    case 'CLOSED':
    case 'ROLLING_BACK':
    case 'ROLLED_BACK':
      return { kind: 'done' };
  }
}

/** The staged records must be everywhere, and their absence out of every cache. */
function staged(situation: CutoverSituation): CutoverStep | null {
  if (groupsOf('stage', situation).length === 0) return null;
  return settle('stage', situation) ?? cacheWait('stage', situation);
}

/** The low TTL must be everywhere, and the old one out of every cache. */
function beforeSwitch(situation: CutoverSituation): CutoverStep | null {
  return staged(situation) ?? settle('lower', situation) ?? cacheWait('lower', situation) ?? addressWait(situation);
}

/** Another zone was switched, maybe long ago: meanwhile a server of the next one may have gone back to the old TTL. */
function beforeNextZone(situation: CutoverSituation): CutoverStep | null {
  const { progress } = situation;
  const next = groupsOf('switch', situation).find(
    ({ zone }) => changeStatus(progress, 'switch', zone).kind === 'untouched',
  );
  const lower = groupsOf('lower', situation).find(({ zone }) => zone === next?.zone);
  if (lower === undefined) return null;
  const step = settleGroup('lower', lower, situation);
  if (step !== null) return step;
  if (progress.waits.lower !== undefined) return cacheWait('lower', situation);
  return note(situation, { event: 'timed', facts: changeWait('lower', situation) });
}

function afterSwitch(situation: CutoverSituation): CutoverStep | null {
  return (
    settle('switch', situation) ?? cacheWait('switch', situation) ?? addressWait(situation) ?? canaryWait(situation)
  );
}

function finalDelta({ progress, now }: CutoverSituation): CutoverStep | null {
  const last = progress.finalPass;
  const fresh = last?.clean === true && now - last.ended < FINAL_DELTA_MS;
  return fresh ? null : { kind: 'pass', mode: 'final' };
}

function withDrain(situation: CutoverSituation, step: CutoverStep | null): CutoverStep {
  const { progress, plan, now } = situation;
  if (step !== null && step.kind !== 'wait') return step;
  if (drainDue(progress, plan.settings, now)) return { kind: 'pass', mode: 'drain' };
  return step ?? quietWait(situation);
}

function afterDrain(situation: CutoverSituation): CutoverStep | null {
  const { progress, plan } = situation;
  const back = settle('switch', situation);
  if (back !== null && !isUnderWay('restore', situation)) return back;
  if (!drainOver(progress, plan.settings)) return quietWait(situation);
  return settle('restore', situation) ?? enter('RESTORED');
}

function quietWait({ progress, plan }: CutoverSituation): CutoverStep {
  const problem = drainProblem(progress);
  const trouble = problem === null ? '' : `; the last pass failed: ${problem}`;
  return {
    kind: 'wait',
    waitingFor: `no more late mail at the old servers (${progress.lateMessages} so far)${trouble}`,
    until: drainEnd(progress, plan.settings),
    release: 'only time: senders retry late',
  };
}
