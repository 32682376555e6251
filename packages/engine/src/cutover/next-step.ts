import type { ChangePhase, JournalNote } from '@mxodus/model';
import { type ChangeGroup, cachedTtl, changeGroups, moves } from './change-groups.ts';
import { drainDue, drainEnd, drainOver, drainProblem } from './drain.ts';
import { type CutoverSituation, driftOf } from './gates.ts';
import { serverText } from './mx-text.ts';
import { type ChangeStatus, type CutoverProgress, changeStatus } from './progress.ts';
import { safeAt } from './safe-at.ts';
import { type ServerView, viewsOf } from './sight.ts';
import { windowOpensAt } from './window.ts';

/** The cutover's next step. Pure: the runner does it, looks again and asks again. */
export type CutoverStep =
  /** Ask every gate; when none is closed, write `audited`. */
  | { kind: 'audit' }
  /** Write this; nothing else has to be done. */
  | { kind: 'note'; note: JournalNote }
  /** Ask every gate, write `sending`, send. */
  | { kind: 'send'; phase: ChangePhase; group: ChangeGroup }
  | { kind: 'pass'; mode: 'final' | 'drain' }
  | { kind: 'wait'; waitingFor: string; until: number | null; release: string }
  /** Somebody else changed the records. */
  | { kind: 'drifted'; views: ServerView[] }
  | { kind: 'done' };

/** A final delta older than this is made again before the switch. */
const FINAL_DELTA_MS = 15 * 60_000;

/**
 *   state        leaves when                                             on the way
 *   DRAFT        the gates are green                                     -
 *   AUDITED      the first TTL change is accepted, or none is needed     sends
 *   TTL_LOWERED  all are served and safe_at has passed                   sends, waits
 *   ARMED        the window is open and the final delta is clean         waits, final pass
 *   FROZEN       the first MX change is accepted                         sends; a stale delta is made again
 *   SWITCHED     the last MX change is accepted                          sends, drain passes
 *   PROPAGATING  all are served and safe_at has passed                   waits, drain passes
 *   DRAINING     the drain is over and the restored TTL is served        drain passes, sends
 *   RESTORED     -                                                       -
 *
 * Impossible: an MX change sent before safe_at of the low TTL (see `beforeSwitch`); two changes of one zone in doubt at once.
 */
export function nextStep(situation: CutoverSituation): CutoverStep {
  const { progress } = situation;
  const views = progress.state === 'RESTORED' ? [] : driftOf(situation);
  if (views.length > 0) return { kind: 'drifted', views };
  switch (progress.state) {
    case 'DRAFT':
      return { kind: 'audit' };
    case 'AUDITED':
      return groupsOf('lower', situation).length === 0
        ? enter('TTL_LOWERED')
        : (settle('lower', situation) ?? enter('TTL_LOWERED'));
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
        allAccepted('switch', situation) ? enter('PROPAGATING') : settle('switch', situation),
      );
    case 'PROPAGATING':
      return withDrain(situation, settle('switch', situation) ?? cacheWait('switch', situation) ?? enter('DRAINING'));
    case 'DRAINING':
      return withDrain(situation, afterDrain(situation));
    case 'RESTORED':
      return { kind: 'done' };
  }
}

function enter(state: CutoverProgress['state']): CutoverStep {
  return { kind: 'note', note: { state, event: 'entered', facts: {} } };
}

/** The low TTL must be everywhere, and the old one out of every cache. */
function beforeSwitch(situation: CutoverSituation): CutoverStep | null {
  return settle('lower', situation) ?? cacheWait('lower', situation);
}

function windowWait({ plan, now }: CutoverSituation): CutoverStep | null {
  const opens = windowOpensAt(plan.settings.window);
  if (opens === null || now >= opens) return null;
  return {
    kind: 'wait',
    waitingFor: 'the window to open',
    until: opens,
    release: 'only time; or a new plan with an earlier window',
  };
}

function finalDelta({ progress, now }: CutoverSituation): CutoverStep | null {
  const last = progress.finalPass;
  const fresh = last?.clean === true && now - last.ended < FINAL_DELTA_MS;
  return fresh ? null : { kind: 'pass', mode: 'final' };
}

function cacheWait(phase: ChangePhase, { progress, now }: CutoverSituation): CutoverStep | null {
  const wait = progress.waits[phase];
  if (wait === undefined || now >= wait.safeAt) return null;
  const what = phase === 'lower' ? 'the old TTL' : 'the old MX records';
  return {
    kind: 'wait',
    waitingFor: `${what} to run out of every cache: ${wait.arithmetic}`,
    until: wait.safeAt,
    release: 'only time: caches keep what they have',
  };
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

function groupsOf(phase: ChangePhase, { plan }: CutoverSituation): ChangeGroup[] {
  return changeGroups(phase, plan.domains, plan.settings.ttl);
}

function isUnderWay(phase: ChangePhase, situation: CutoverSituation): boolean {
  return groupsOf(phase, situation).some(
    ({ zone }) => changeStatus(situation.progress, phase, zone).kind !== 'untouched',
  );
}

function allAccepted(phase: ChangePhase, situation: CutoverSituation): boolean {
  return groupsOf(phase, situation).every(({ zone }) => {
    const { kind } = changeStatus(situation.progress, phase, zone);
    return kind === 'accepted' || kind === 'served';
  });
}

/** What is left until a phase's changes are made, served by every server and timed, one zone after the other; null: nothing. */
function settle(phase: ChangePhase, situation: CutoverSituation): CutoverStep | null {
  for (const group of groupsOf(phase, situation)) {
    const step = settleGroup(phase, group, situation);
    if (step !== null) return step;
  }
  return phase === 'restore' || situation.progress.waits[phase] !== undefined ? null : timed(phase, situation);
}

function settleGroup(phase: ChangePhase, group: ChangeGroup, situation: CutoverSituation): CutoverStep | null {
  const status = changeStatus(situation.progress, phase, group.zone);
  const views = viewsOfGroup(group, situation);
  switch (status.kind) {
    case 'untouched':
      return { kind: 'send', phase, group };
    case 'intended':
      return resolve(phase, group, { situation, views });
    case 'asked':
      return views.some(({ seen }) => seen === 'pending')
        ? foundLive(phase, group, situation)
        : waitForServers(views, { group, status });
    case 'accepted':
      if (!views.every(({ seen }) => seen === 'pending')) return waitForServers(views, { group, status });
      return note(situation, { event: 'served', facts: { phase, zone: group.zone } });
    case 'served':
      return wentBack(phase, group, { situation, views });
  }
}

/** A change was announced and its answer never came: the live records say whether it was made. It is never sent again unseen. */
function resolve(
  phase: ChangePhase,
  group: ChangeGroup,
  { situation, views }: { situation: CutoverSituation; views: ServerView[] },
): CutoverStep {
  if (views.some(({ seen }) => seen === 'pending')) return foundLive(phase, group, situation);
  if (views.every(({ seen }) => seen === 'settled')) return { kind: 'send', phase, group };
  return waitForServers(views, { group, status: { kind: 'intended' } });
}

function foundLive(phase: ChangePhase, group: ChangeGroup, { progress }: CutoverSituation): CutoverStep {
  const facts = { phase, zone: group.zone, serial: null, found_live: true };
  return { kind: 'note', note: { state: stateWhenAccepted(phase, progress), event: 'accepted', facts } };
}

/** The state a provider's yes begins. */
export function stateWhenAccepted(phase: ChangePhase, { state }: CutoverProgress): CutoverProgress['state'] {
  if (phase === 'lower' && state === 'AUDITED') return 'TTL_LOWERED';
  if (phase === 'switch' && state === 'FROZEN') return 'SWITCHED';
  return state;
}

function wentBack(
  phase: ChangePhase,
  group: ChangeGroup,
  { situation, views }: { situation: CutoverSituation; views: ServerView[] },
): CutoverStep | null {
  const back = views.find(({ seen }) => seen === 'previous');
  if (back === undefined) return null;
  const why = `${serverText(back.server)} serves ${back.text} again`;
  return note(situation, { event: 'withdrawn', facts: { phase, zone: group.zone, why } });
}

function timed(phase: ChangePhase, situation: CutoverSituation): CutoverStep {
  const { plan, progress, now } = situation;
  const { resolver_floor, slack, ttl } = plan.settings;
  const served = groupsOf(phase, situation).map(({ zone }) => servedAt(changeStatus(progress, phase, zone)));
  const tAll = Math.max(...(served.length > 0 ? served : [progress.auditedAt ?? now]));
  const replaced = plan.domains.filter(moves).map((domain) => cachedTtl(phase, domain, ttl));
  const ttls = phase === 'lower' ? [...replaced, progress.ttlSeen] : replaced;
  const wait = safeAt({ servedAt: tAll, ttls, floorMs: resolver_floor, slackMs: slack });
  const facts = { phase, t_all: iso(tAll), safe_at: iso(wait.safeAt), arithmetic: wait.arithmetic };
  return note(situation, { event: 'timed', facts });
}

function servedAt(status: ChangeStatus): number {
  return status.kind === 'served' ? status.at : Number.POSITIVE_INFINITY;
}

function waitForServers(
  views: readonly ServerView[],
  { group, status }: { group: ChangeGroup; status: ChangeStatus },
): CutoverStep {
  const missing = views.filter(({ seen }) => seen !== 'pending');
  const what = missing.map(({ domain, server, text }) => `${domain} at ${serverText(server)}: ${text}`).join('; ');
  switch (status.kind) {
    case 'asked':
      return {
        kind: 'wait',
        waitingFor: `the change in the zone ${group.zone} to be made by hand (${what})`,
        until: null,
        release: `whoever can edit the zone ${group.zone}`,
      };
    case 'intended':
      return {
        kind: 'wait',
        waitingFor: `every server to answer, to see whether the change was made (${what})`,
        until: null,
        release: 'whoever runs the servers that do not answer',
      };
    case 'untouched':
    case 'accepted':
    case 'served':
      return {
        kind: 'wait',
        waitingFor: `every authoritative server to serve the change (${what})`,
        until: null,
        release: `whoever runs ${[...new Set(missing.map(({ server }) => serverText(server)))].join(', ')}`,
      };
  }
}

function viewsOfGroup(group: ChangeGroup, { plan, progress, sight }: CutoverSituation): ServerView[] {
  const names = new Set(group.changes.map(({ domain }) => domain));
  const domains = plan.domains.filter(({ domain }) => names.has(domain));
  return domains.flatMap((domain) => viewsOf(domain, progress, { sight, ttl: plan.settings.ttl }));
}

/** An entry that leaves the state as it is. */
function note({ progress }: CutoverSituation, rest: DistributiveOmit<JournalNote, 'state'>): CutoverStep {
  return { kind: 'note', note: { state: progress.state, ...rest } };
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

function iso(time: number): string {
  return new Date(time).toISOString();
}
