import {
  BACK_PHASES,
  type CutoverPlan,
  type CutoverProgress,
  changeGroups,
  changeStatus,
  FORWARD_PHASES,
  rollbackCost,
  rollbackSeconds,
} from '@mxodus/engine';
import type { ChangePhase, CutoverEvent, CutoverState, JournalEntry } from '@mxodus/model';
import { progressOfPlan } from './progress-of-plan.ts';

export type PlannedChange = Extract<CutoverEvent, { type: 'cutover_change' }>;

/** Every change the plan makes, in order. */
export function plannedChanges(plan: CutoverPlan): PlannedChange[] {
  return FORWARD_PHASES.flatMap((phase) => changesOf(phase, plan));
}

export interface PlannedRollback {
  state: CutoverState;
  /** null: it can be rolled back; else why not. */
  refused: string | null;
  changes: PlannedChange[];
  /** Minutes from the moment the records are put back until no cache holds the new ones; 0: mail is not affected. */
  minutes: number;
  cost: string;
  /** Messages copied back so far; null: none yet, and how many reached the new servers is found out by the passes back. */
  copiedBack: number | null;
  /** Milliseconds since the epoch: since when mail reaches the new servers; null: it does not. */
  newSideSince: number | null;
}

/** What a rollback would do now. What is in doubt is taken as made; the run finds out first. Pure. */
export function plannedRollback(plan: CutoverPlan, entries: readonly JournalEntry[]): PlannedRollback {
  const progress = progressOfPlan(plan, entries);
  const { state, switchedAt } = progress;
  const taken = asMade(progress);
  const refused = rollbackRefusal(progress);
  const { domains, settings } = plan;
  const about = { domains, ttl: settings.ttl, floorMs: settings.resolver_floor };
  const left = (phase: ChangePhase) => (change: PlannedChange) =>
    ['untouched', 'intended'].includes(changeStatus(progress, phase, change.zone).kind);
  return {
    state,
    refused,
    changes: refused === null ? BACK_PHASES.flatMap((phase) => changesOf(phase, plan, taken).filter(left(phase))) : [],
    minutes: Math.ceil(rollbackSeconds(taken, about) / 60),
    cost: rollbackCost(progress, about),
    copiedBack: progress.lastReverse === null ? null : progress.reverseMessages,
    newSideSince: switchedAt,
  };
}

/** Why a cutover cannot be rolled back; null: it can. */
export function rollbackRefusal({ state, plan }: CutoverProgress): string | null {
  if (plan === null) return 'no cutover of this plan was begun: there is nothing to roll back';
  if (state === 'CLOSED') return 'the cutover is closed: the old servers may be gone';
  return state === 'ROLLED_BACK' ? 'it is rolled back already' : null;
}

function changesOf(
  phase: ChangePhase,
  { domains, settings }: CutoverPlan,
  progress?: CutoverProgress,
): PlannedChange[] {
  return changeGroups(phase, domains, settings.ttl, progress).flatMap(({ zone, changes }) =>
    changes.map(({ name, type, before, after }) => ({
      type: 'cutover_change' as const,
      phase,
      zone,
      name,
      rrtype: type,
      before: { ttl: before.ttl, records: [...before.records] },
      after: { ttl: after.ttl, records: [...after.records] },
    })),
  );
}

function asMade(progress: CutoverProgress): CutoverProgress {
  const changes = { ...progress.changes };
  for (const phase of FORWARD_PHASES) {
    const made = [...progress.changes[phase]].map(
      ([zone, status]) =>
        [
          zone,
          status.kind === 'intended' || status.kind === 'asked'
            ? { kind: 'accepted' as const, at: 0, byHand: false }
            : status,
        ] as const,
    );
    changes[phase] = new Map(made);
  }
  return { ...progress, changes };
}
