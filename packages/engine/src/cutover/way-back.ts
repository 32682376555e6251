import { BACK_PHASES, FORWARD_PHASES } from './change-groups.ts';
import { reverseDue, reverseOver, reverseProblem } from './drain.ts';
import { changeStatus } from './progress.ts';
import { foundLive, howFar, settle, settleGroup, someAccepted } from './settle.ts';
import type { CutoverSituation } from './situation.ts';
import { type CutoverStep, enter, groupsOf, note, viewsOfGroup } from './step.ts';
import { cacheWait, serversWait } from './waits.ts';

/**
 * ROLLING_BACK, in this order:
 *
 *   1  what was sent and is in doubt is undone, whether it is seen or not (a `restore` made in part is made whole first, one that is not
 *      seen is given up); what a person was asked for is undone where it is seen, else given up
 *   2  `unswitch`, the apex first, all zones; then it has to be served everywhere, and the low TTL to run out
 *   3  from the first yes on passes from the new side back to the old, until a clean one that began after the TTL ran out found nothing
 *   4  `unlower`, then `unstage`, served everywhere
 *   5  the old host is told to treat mail as it did before
 *
 * What was not made is not undone: from a state before the switch 2 and 3 are empty.
 */
export function wayBackStep(situation: CutoverSituation): CutoverStep {
  return (
    resolveDoubt(situation) ??
    unswitch(situation) ??
    settleAll('unlower', situation) ??
    settleAll('unstage', situation) ??
    routeBack(situation) ??
    enter('ROLLED_BACK')
  );
}

function resolveDoubt(situation: CutoverSituation): CutoverStep | null {
  if (BACK_PHASES.some((phase) => isBegun(phase, situation))) return null;
  for (const phase of FORWARD_PHASES) {
    for (const group of groupsOf(phase, situation)) {
      const status = changeStatus(situation.progress, phase, group.zone);
      if (status.kind !== 'intended' && status.kind !== 'asked') continue;
      const views = viewsOfGroup(group, situation);
      const made = howFar(views);
      // The other half has the low TTL still: undone is what has the old one.
      const isHalfRestored = made === 'half' && phase === 'restore' && status.kind === 'intended';
      if (isHalfRestored) return { kind: 'send', phase, group, again: true };
      if (made === 'everywhere' || made === 'somewhere' || made === 'half') return foundLive(phase, group, situation);
      if (made !== 'nowhere') return serversWait(views, { zone: group.zone, status });
      // The servers may lag behind a provider that made it: to undo what was not made changes nothing.
      if (status.kind === 'intended' && phase !== 'restore') return foundLive(phase, group, situation);
      const why = 'given up for the rollback: no server serves it';
      return note(situation, { event: 'refused', facts: { phase, zone: group.zone, why } });
    }
  }
  return null;
}

function unswitch(situation: CutoverSituation): CutoverStep | null {
  const groups = groupsOf('unswitch', situation);
  if (groups.length === 0) return null;
  const step = unswitchSteps(situation);
  if (!someAccepted('unswitch', situation) || (step !== null && step.kind !== 'wait')) return step;
  if (reverseOver(situation.progress)) return step;
  const { progress, plan, now } = situation;
  return reverseDue(progress, plan.settings, now)
    ? { kind: 'pass', mode: 'reverse' }
    : (step ?? reverseWait(situation));
}

function unswitchSteps(situation: CutoverSituation): CutoverStep | null {
  // One zone whose servers lag, or whose provider refuses, does not keep the mail of the others at the new side.
  const open = groupsOf('unswitch', situation).flatMap((group) => {
    const status = changeStatus(situation.progress, 'unswitch', group.zone);
    const isOpen = status.kind === 'untouched' || status.kind === 'intended';
    return isOpen ? [{ group, isRefused: status.kind === 'untouched' && status.refused === true }] : [];
  });
  const next = open.find(({ isRefused }) => !isRefused) ?? open[0];
  if (next !== undefined) return settleGroup('unswitch', next.group, situation);
  return settle('unswitch', situation) ?? cacheWait('unswitch', situation);
}

function reverseWait({ progress }: CutoverSituation): CutoverStep {
  const problem = reverseProblem(progress);
  const trouble = problem === null ? '' : `; the last pass failed: ${problem}`;
  return {
    kind: 'wait',
    waitingFor: `a pass back that finds nothing more at the new servers (${progress.reverseMessages} so far)${trouble}`,
    until: null,
    release: 'only time: passes go on',
  };
}

function settleAll(phase: 'unlower' | 'unstage', situation: CutoverSituation): CutoverStep | null {
  return groupsOf(phase, situation).length === 0 ? null : settle(phase, situation);
}

function routeBack({ progress }: CutoverSituation): CutoverStep | null {
  for (const [domain, { routing, before }] of progress.pinned) {
    if (routing !== before) return { kind: 'route', domain, routing: before };
  }
  return null;
}

function isBegun(phase: (typeof BACK_PHASES)[number], situation: CutoverSituation): boolean {
  return groupsOf(phase, situation).some(
    ({ zone }) => changeStatus(situation.progress, phase, zone).kind !== 'untouched',
  );
}
