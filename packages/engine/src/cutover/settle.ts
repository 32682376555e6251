import type { ChangePhase } from '@mxodus/model';
import type { ChangeGroup } from './change-groups.ts';
import { changeWait } from './change-wait.ts';
import { type CutoverProgress, changeStatus } from './progress.ts';
import { rrsetNameText, serverText } from './rrset-text.ts';
import type { ServerView } from './sight.ts';
import type { CutoverSituation } from './situation.ts';
import { type CutoverStep, groupsOf, isAmbiguous, note, stateWhenAccepted, viewsOfGroup } from './step.ts';
import { serversWait } from './waits.ts';

/** After these, what they replaced has to run out of every cache. */
const TIMED: readonly ChangePhase[] = ['stage', 'lower', 'switch', 'unswitch'];

/**
 * What is left until a phase's changes are made, served by every server and timed, one zone after the other; null: nothing.
 *
 *   status     what the servers serve            step
 *   untouched  -                                 send
 *   intended   all of it at one server           note `accepted`: it was made, and the others lag
 *              a part of it at one server        send again: the provider makes what is left
 *              none of it                        send
 *              no answer                         wait
 *   asked      something of it                   note `accepted`, else wait for the person
 *   accepted   all of it everywhere              note `served`, else wait
 *   served     a server went back                note `withdrawn`
 */
export function settle(phase: ChangePhase, situation: CutoverSituation): CutoverStep | null {
  for (const group of groupsOf(phase, situation)) {
    const step = settleGroup(phase, group, situation);
    if (step !== null) return step;
  }
  const isTimed = !TIMED.includes(phase) || situation.progress.waits[phase] !== undefined;
  return isTimed ? null : note(situation, { event: 'timed', facts: changeWait(phase, situation) });
}

export function settleGroup(phase: ChangePhase, group: ChangeGroup, situation: CutoverSituation): CutoverStep | null {
  const status = changeStatus(situation.progress, phase, group.zone);
  const views = viewsOfGroup(group, situation);
  switch (status.kind) {
    case 'untouched':
      return { kind: 'send', phase, group, again: false };
    case 'intended':
      return resolve(phase, group, situation);
    case 'asked':
      return views.some(({ seen }) => seen === 'pending')
        ? foundLive(phase, group, situation)
        : serversWait(views, { zone: group.zone, status });
    case 'accepted':
      if (!views.every(({ seen }) => seen === 'pending')) return serversWait(views, { zone: group.zone, status });
      return note(situation, { event: 'served', facts: { phase, zone: group.zone } });
    case 'served':
      return wentBack(phase, group, { situation, views });
  }
}

/**
 * A change was announced and its answer never came: the live records say whether it was made. It is never sent again unseen. Sending
 * again what was made already changes nothing: the provider says so.
 */
function resolve(phase: ChangePhase, group: ChangeGroup, situation: CutoverSituation): CutoverStep {
  const views = viewsOfGroup(group, situation);
  const made = howFar(views);
  const ambiguous = isAmbiguous(group, situation);
  if (made === 'everywhere' || (made === 'somewhere' && !ambiguous)) return foundLive(phase, group, situation);
  if (views.some(({ seen }) => seen === 'unknown'))
    return serversWait(views, { zone: group.zone, status: { kind: 'intended' } });
  if (made === 'half') return { kind: 'send', phase, group, again: true };
  if (ambiguous || made === 'nowhere') return { kind: 'send', phase, group, again: false };
  return serversWait(views, { zone: group.zone, status: { kind: 'intended' } });
}

/**
 *   everywhere  every server serves all of the change
 *   somewhere   one server serves all of it: the others lag
 *   half        no server serves all of it, one serves a part: a provider that is not atomic was cut off
 *   nowhere     every server serves what was there before
 *   unclear     none of these
 */
export function howFar(views: readonly ServerView[]): 'everywhere' | 'somewhere' | 'half' | 'nowhere' | 'unclear' {
  const servers = [...Map.groupBy(views, ({ server }) => serverText(server)).values()];
  const serves = (of: readonly ServerView[], wanted: ServerView['seen']): boolean =>
    of.length > 0 && of.every(({ seen }) => seen === wanted);
  if (serves(views, 'pending')) return 'everywhere';
  if (servers.some((of) => serves(of, 'pending'))) return 'somewhere';
  if (views.some(({ seen }) => seen === 'pending')) return 'half';
  return serves(views, 'settled') ? 'nowhere' : 'unclear';
}

export function foundLive(phase: ChangePhase, group: ChangeGroup, { progress }: CutoverSituation): CutoverStep {
  const facts = { phase, zone: group.zone, serial: null, change_id: null, found_live: true };
  return { kind: 'note', note: { state: stateWhenAccepted(phase, progress), event: 'accepted', facts } };
}

function wentBack(
  phase: ChangePhase,
  group: ChangeGroup,
  { situation, views }: { situation: CutoverSituation; views: readonly ServerView[] },
): CutoverStep | null {
  const back = views.find(({ seen }) => seen === 'previous');
  if (back === undefined) return null;
  const why = `${serverText(back.server)} serves ${back.text} again for ${rrsetNameText(back)}`;
  return note(situation, { event: 'withdrawn', facts: { phase, zone: group.zone, why } });
}

export function allAccepted(phase: ChangePhase, situation: CutoverSituation): boolean {
  return groupsOf(phase, situation).every(({ zone }) => isMade(phase, zone, situation.progress));
}

export function someAccepted(phase: ChangePhase, situation: CutoverSituation): boolean {
  return groupsOf(phase, situation).some(({ zone }) => isMade(phase, zone, situation.progress));
}

function isMade(phase: ChangePhase, zone: string, progress: CutoverProgress): boolean {
  const { kind } = changeStatus(progress, phase, zone);
  return kind === 'accepted' || kind === 'served';
}
