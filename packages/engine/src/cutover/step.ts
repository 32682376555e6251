import type { ChangePhase, CutoverState, JournalNote, RrsetPlan } from '@mxodus/model';
import { type ChangeGroup, changeGroups, rrsetKey, rrsetsOf } from './change-groups.ts';
import { type CutoverProgress, changeStatus } from './progress.ts';
import { expectedOf, type ServerView, viewsOf } from './sight.ts';
import type { CutoverSituation } from './situation.ts';

/** The cutover's next step. Pure: the runner does it, looks again and asks again. */
export type CutoverStep =
  /** Ask every gate; when none is closed, write `audited`. */
  | { kind: 'audit' }
  /** Write this; nothing else has to be done. */
  | { kind: 'note'; note: JournalNote }
  /** Ask every gate, write `sending`, send. `again`: it is half made, and what is left is sent. */
  | { kind: 'send'; phase: ChangePhase; group: ChangeGroup; again: boolean }
  | { kind: 'pass'; mode: 'final' | 'drain' | 'reverse' }
  /** Tell the old host how to treat mail of the domain, as it did before the cutover; then write `pinned`. */
  | { kind: 'route'; domain: string; routing: string }
  | { kind: 'wait'; waitingFor: string; until: number | null; release: string }
  /** Somebody else changed the records. */
  | { kind: 'drifted'; views: ServerView[] }
  | { kind: 'done' };

export function enter(state: CutoverState): CutoverStep {
  return { kind: 'note', note: { state, event: 'entered', facts: {} } };
}

/** An entry that leaves the state as it is. */
export function note({ progress }: CutoverSituation, rest: WithoutState<JournalNote>): CutoverStep {
  return { kind: 'note', note: { state: progress.state, ...rest } };
}

type WithoutState<Note> = Note extends unknown ? Omit<Note, 'state'> : never;

/** The state a provider's yes begins. */
export function stateWhenAccepted(phase: ChangePhase, { state }: CutoverProgress): CutoverState {
  if (phase === 'lower' && state === 'STAGED') return 'TTL_LOWERED';
  if (phase === 'switch' && state === 'FROZEN') return 'SWITCHED';
  return state;
}

export function groupsOf(phase: ChangePhase, { plan, progress }: CutoverSituation): ChangeGroup[] {
  return changeGroups(phase, plan.domains, plan.settings.ttl, progress);
}

export function isUnderWay(phase: ChangePhase, situation: CutoverSituation): boolean {
  return groupsOf(phase, situation).some(
    ({ zone }) => changeStatus(situation.progress, phase, zone).kind !== 'untouched',
  );
}

/** What the servers serve of the RRsets of one change. */
export function viewsOfGroup(group: ChangeGroup, { plan, progress, sight }: CutoverSituation): ServerView[] {
  const keys = new Set(group.changes.map(rrsetKey));
  return plan.domains
    .filter(({ zone }) => zone === group.zone)
    .flatMap((domain) => viewsOf(domain, progress, { sight, ttl: plan.settings.ttl }))
    .filter((view) => keys.has(rrsetKey(view)));
}

/** Whether a server may serve still what was there two changes ago: then what it serves does not tell which of them were made. */
export function isAmbiguous(group: ChangeGroup, { plan, progress }: CutoverSituation): boolean {
  const keys = new Set(group.changes.map(rrsetKey));
  const { ttl } = plan.settings;
  const rrsets: RrsetPlan[] = plan.domains.filter(({ zone }) => zone === group.zone).flatMap(rrsetsOf);
  return rrsets.some(
    (rrset) => keys.has(rrsetKey(rrset)) && expectedOf(rrset, { zone: group.zone, progress, ttl }).lagging.length > 0,
  );
}

export function iso(time: number): string {
  return new Date(time).toISOString();
}
