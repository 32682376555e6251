import type { ChangePhase, CutoverState, JournalEntry } from '@mxodus/model';
import { advanceCanaries, type CanaryProgress, noCanaries } from './canary-progress.ts';

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
  | { kind: 'untouched'; refused?: true }
  | { kind: 'intended' }
  | { kind: 'asked'; instructions: string }
  | { kind: 'accepted'; at: number; byHand: boolean }
  | { kind: 'served'; at: number };

export interface PassFacts {
  mode: 'final' | 'drain' | 'reverse';
  /** Milliseconds since the epoch. */
  started: number;
  ended: number;
  /** Every mailbox was looked at to its end and nothing is in doubt. */
  clean: boolean;
  movedNow: number;
  problem: string | null;
}

/** How the old host treats mail of a domain by our doing, and how it did before. */
export interface Pinned {
  routing: string;
  before: string;
}

/** The address of an MX host changed, and caches may hold the old one. */
export interface AddressHold {
  host: string;
  safeAt: number;
  arithmetic: string;
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
  addresses: readonly AddressHold[];
  switchedAt: number | null;
  /** The last zone's switch: the drain of all counts from there. */
  lastSwitchedAt: number | null;
  finalPass: PassFacts | null;
  /** The last drain pass, and the last one that was clean. */
  lastDrain: PassFacts | null;
  lastCleanDrain: PassFacts | null;
  lateMessages: number;
  lateAt: number | null;
  /** The same of the passes from the new side back to the old. */
  lastReverse: PassFacts | null;
  lastCleanReverse: PassFacts | null;
  reverseMessages: number;
  approved: { by: string; hashGiven: boolean } | null;
  held: { by: string; why: string; at: number } | null;
  rollingBack: { by: string; why: string; from: CutoverState; at: number } | null;
  /** By domain. */
  pinned: ReadonlyMap<string, Pinned>;
  canaries: CanaryProgress;
}

export const NO_PROGRESS: CutoverProgress = {
  plan: null,
  state: 'DRAFT',
  startedAt: null,
  auditedAt: null,
  ttlSeen: 0,
  changes: noChanges(),
  waits: {},
  addresses: [],
  switchedAt: null,
  lastSwitchedAt: null,
  finalPass: null,
  lastDrain: null,
  lastCleanDrain: null,
  lateMessages: 0,
  lateAt: null,
  lastReverse: null,
  lastCleanReverse: null,
  reverseMessages: 0,
  approved: null,
  held: null,
  rollingBack: null,
  pinned: new Map(),
  canaries: noCanaries,
};

/** Reads the journal from its beginning; a later `started` begins anew. */
export function foldJournal(entries: readonly JournalEntry[]): CutoverProgress {
  return entries.reduce(advance, NO_PROGRESS);
}

export function advance(progress: CutoverProgress, entry: JournalEntry): CutoverProgress {
  const at = Date.parse(entry.time);
  return {
    ...changed({ ...progress, canaries: advanceCanaries(progress.canaries, entry) }, entry, at),
    state: entry.state,
  };
}

function changed(progress: CutoverProgress, entry: JournalEntry, at: number): CutoverProgress {
  switch (entry.event) {
    case 'started':
      return { ...NO_PROGRESS, plan: entry.facts.plan, startedAt: at };
    case 'approved':
      return { ...progress, approved: { by: entry.facts.by, hashGiven: entry.facts.hash_given } };
    case 'audited':
      return { ...progress, auditedAt: at, ttlSeen: entry.facts.ttl_seen };
    case 'sending':
      return { ...progress, changes: put(progress, entry.facts, { kind: 'intended' }) };
    case 'asked': {
      const { instructions } = entry.facts;
      return { ...progress, changes: put(progress, entry.facts, { kind: 'asked', instructions }) };
    }
    case 'refused':
      return { ...progress, changes: put(progress, entry.facts, { kind: 'untouched', refused: true }) };
    case 'accepted':
      return accepted(progress, entry, at);
    case 'served':
      return { ...progress, changes: put(progress, entry.facts, { kind: 'served', at }) };
    case 'withdrawn':
      return withdrawn(progress, entry, at);
    case 'timed': {
      const { phase, safe_at, arithmetic } = entry.facts;
      return { ...progress, waits: { ...progress.waits, [phase]: { safeAt: Date.parse(safe_at), arithmetic } } };
    }
    case 'address': {
      const { host, safe_at, arithmetic } = entry.facts;
      const safeAt = Date.parse(safe_at);
      const others = progress.addresses.filter((one) => one.host !== host || one.safeAt > safeAt);
      return { ...progress, addresses: [...others, { host, safeAt, arithmetic }] };
    }
    case 'pinned': {
      const { domain, routing } = entry.facts;
      const before = progress.pinned.get(domain)?.before ?? entry.facts.before;
      return { ...progress, pinned: new Map(progress.pinned).set(domain, { routing, before }) };
    }
    case 'passed':
      return passed(progress, entry, at);
    case 'canary_sent':
    case 'canary_taken':
    case 'canary_seen':
      return progress;
    case 'held':
      return { ...progress, held: { ...entry.facts, at } };
    case 'released':
      return { ...progress, held: null };
    // Asking for the way back is asking for it to be gone.
    case 'rolling_back':
      return { ...progress, held: null, rollingBack: { ...entry.facts, at } };
    case 'entered':
      return { ...progress, switchedAt: progress.switchedAt ?? (entry.state === 'SWITCHED' ? at : null) };
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

function accepted(progress: CutoverProgress, { facts }: Entry<'accepted'>, at: number): CutoverProgress {
  const byHand = changeStatus(progress, facts.phase, facts.zone).kind === 'asked';
  const changes = put(progress, facts, { kind: 'accepted', at, byHand });
  if (facts.phase !== 'switch') return { ...progress, changes };
  return { ...progress, changes, switchedAt: progress.switchedAt ?? at, lastSwitchedAt: at };
}

function withdrawn(progress: CutoverProgress, { facts }: Entry<'withdrawn'>, at: number): CutoverProgress {
  const changes = put(progress, facts, { kind: 'accepted', at, byHand: false });
  const { [facts.phase]: _dropped, ...waits } = progress.waits;
  return { ...progress, changes, waits };
}

function passed(progress: CutoverProgress, { facts }: Entry<'passed'>, ended: number): CutoverProgress {
  const pass: PassFacts = {
    mode: facts.mode,
    started: Date.parse(facts.started),
    ended,
    clean: facts.complete && facts.in_doubt === 0 && facts.problem === null,
    movedNow: facts.moved_now,
    problem: facts.problem,
  };
  switch (pass.mode) {
    case 'final':
      return { ...progress, finalPass: pass };
    case 'drain':
      return {
        ...progress,
        lastDrain: pass,
        lastCleanDrain: pass.clean ? pass : progress.lastCleanDrain,
        lateMessages: progress.lateMessages + pass.movedNow,
        lateAt: pass.movedNow > 0 ? ended : progress.lateAt,
      };
    case 'reverse':
      return {
        ...progress,
        lastReverse: pass,
        lastCleanReverse: pass.clean ? pass : progress.lastCleanReverse,
        reverseMessages: progress.reverseMessages + pass.movedNow,
      };
  }
}

function noChanges(): CutoverProgress['changes'] {
  const none = new Map<string, ChangeStatus>();
  return { stage: none, lower: none, switch: none, restore: none, unswitch: none, unlower: none, unstage: none };
}
