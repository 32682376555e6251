import type { ChangePhase, CutoverState, JournalEntry } from '@mxodus/model';

/**
 * How far one change of one zone is.
 *
 *   kind       meaning                                      next
 *   untouched  not sent, or refused                         intended
 *   intended   announced; whether it was made is not known  asked, accepted, untouched
 *   asked      a person was asked                           accepted
 *   accepted   made                                         served
 *   served     on every authoritative server                accepted (when a server goes back)
 */
export type ChangeStatus =
  | { kind: 'untouched' }
  | { kind: 'intended' }
  | { kind: 'asked'; instructions: string }
  | { kind: 'accepted'; byHand: boolean }
  | { kind: 'served'; at: number };

export interface PassFacts {
  mode: 'final' | 'drain';
  /** Milliseconds since the epoch. */
  started: number;
  ended: number;
  /** Every mailbox was looked at to its end and nothing is in doubt. */
  clean: boolean;
  movedNow: number;
  problem: string | null;
}

/** What the journal says, folded. Times are milliseconds since the epoch. */
export interface CutoverProgress {
  plan: string | null;
  state: CutoverState;
  startedAt: number | null;
  auditedAt: number | null;
  /** The longest TTL seen before anything was changed, in seconds. */
  ttlSeen: number;
  changes: Readonly<Record<ChangePhase, ReadonlyMap<string, ChangeStatus>>>;
  waits: Readonly<Partial<Record<ChangePhase, { safeAt: number; arithmetic: string }>>>;
  switchedAt: number | null;
  finalPass: PassFacts | null;
  /** The last drain pass, and the last one that was clean. */
  lastDrain: PassFacts | null;
  lastCleanDrain: PassFacts | null;
  lateMessages: number;
  lateAt: number | null;
}

export const NO_PROGRESS: CutoverProgress = {
  plan: null,
  state: 'DRAFT',
  startedAt: null,
  auditedAt: null,
  ttlSeen: 0,
  changes: { lower: new Map(), switch: new Map(), restore: new Map() },
  waits: {},
  switchedAt: null,
  finalPass: null,
  lastDrain: null,
  lastCleanDrain: null,
  lateMessages: 0,
  lateAt: null,
};

/** Reads the journal from its beginning; a later `started` begins anew. */
export function foldJournal(entries: readonly JournalEntry[]): CutoverProgress {
  return entries.reduce(advance, NO_PROGRESS);
}

export function advance(progress: CutoverProgress, entry: JournalEntry): CutoverProgress {
  const at = Date.parse(entry.time);
  const { state } = entry;
  switch (entry.event) {
    case 'started':
      return { ...NO_PROGRESS, state, plan: entry.facts.plan, startedAt: at };
    case 'audited':
      return { ...progress, state, auditedAt: at, ttlSeen: entry.facts.ttl_seen };
    case 'sending':
      return { ...progress, state, changes: put(progress, entry.facts, { kind: 'intended' }) };
    case 'asked': {
      const { instructions } = entry.facts;
      return { ...progress, state, changes: put(progress, entry.facts, { kind: 'asked', instructions }) };
    }
    case 'refused':
      return { ...progress, state, changes: put(progress, entry.facts, { kind: 'untouched' }) };
    case 'accepted':
      return accepted(progress, entry, at);
    case 'served':
      return { ...progress, state, changes: put(progress, entry.facts, { kind: 'served', at }) };
    case 'withdrawn':
      return withdrawn(progress, entry);
    case 'timed': {
      const { phase, safe_at, arithmetic } = entry.facts;
      return { ...progress, state, waits: { ...progress.waits, [phase]: { safeAt: Date.parse(safe_at), arithmetic } } };
    }
    case 'passed':
      return passed(progress, entry, at);
    case 'entered':
      return { ...progress, state };
  }
}

export function changeStatus(progress: CutoverProgress, phase: ChangePhase, zone: string): ChangeStatus {
  return progress.changes[phase].get(zone) ?? { kind: 'untouched' };
}

type Entry<Event extends JournalEntry['event']> = Extract<JournalEntry, { event: Event }>;

function put(
  progress: CutoverProgress,
  { phase, zone }: { phase: ChangePhase; zone: string },
  status: ChangeStatus,
): CutoverProgress['changes'] {
  return { ...progress.changes, [phase]: new Map(progress.changes[phase]).set(zone, status) };
}

function accepted(progress: CutoverProgress, { state, facts }: Entry<'accepted'>, at: number): CutoverProgress {
  const byHand = changeStatus(progress, facts.phase, facts.zone).kind === 'asked';
  const changes = put(progress, facts, { kind: 'accepted', byHand });
  const switchedAt = progress.switchedAt ?? (facts.phase === 'switch' ? at : null);
  return { ...progress, state, changes, switchedAt };
}

function withdrawn(progress: CutoverProgress, { state, facts }: Entry<'withdrawn'>): CutoverProgress {
  const changes = put(progress, facts, { kind: 'accepted', byHand: false });
  const { [facts.phase]: _dropped, ...waits } = progress.waits;
  return { ...progress, state, changes, waits };
}

function passed(progress: CutoverProgress, { state, facts }: Entry<'passed'>, ended: number): CutoverProgress {
  const pass: PassFacts = {
    mode: facts.mode,
    started: Date.parse(facts.started),
    ended,
    clean: facts.complete && facts.in_doubt === 0 && facts.problem === null,
    movedNow: facts.moved_now,
    problem: facts.problem,
  };
  if (pass.mode === 'final') return { ...progress, state, finalPass: pass };
  return {
    ...progress,
    state,
    lastDrain: pass,
    lastCleanDrain: pass.clean ? pass : progress.lastCleanDrain,
    lateMessages: progress.lateMessages + pass.movedNow,
    lateAt: pass.movedNow > 0 ? ended : progress.lateAt,
  };
}
