import type { ChangePhase, JournalEntry } from '@mxodus/model';
import type { Certificate, CertificateChange } from './certificate-schema.ts';

/** What a journal tells to people, without judging it. Entries are those of one run, from its `started` on. */

type EntryOf<Event extends JournalEntry['event']> = Extract<JournalEntry, { event: Event }>;

/** The entries since the last `started`, if that was for the plan. */
export function entriesOfPlan(entries: readonly JournalEntry[], sha256: string): readonly JournalEntry[] {
  const at = entries.findLastIndex(({ event }) => event === 'started');
  const started = entries[at];
  return started?.event === 'started' && started.facts.plan === sha256 ? entries.slice(at) : [];
}

/** Each state with the time of its first entry, in the order they were entered; DRAFT where there is none. */
export function statesOf(entries: readonly JournalEntry[]): Certificate['states'] {
  const states: Certificate['states'] = [];
  for (const { state, time } of entries) {
    if (states.at(-1)?.state !== state) states.push({ state, at: time });
  }
  return states;
}

export function waitsOf(entries: readonly JournalEntry[]): Certificate['waits'] {
  return entries.flatMap((entry): Certificate['waits'] => {
    if (entry.event === 'timed') {
      const { phase, t_all, safe_at, arithmetic } = entry.facts;
      return [{ of: phase, from: t_all, until: safe_at, arithmetic }];
    }
    if (entry.event !== 'address') return [];
    const { host, safe_at, arithmetic } = entry.facts;
    return [{ of: `address of ${host}`, from: null, until: safe_at, arithmetic }];
  });
}

/** Every hold, with its release; a hold that was made again while it held counts as one. */
export function holdsOf(entries: readonly JournalEntry[]): Certificate['holds'] {
  const holds: Certificate['holds'] = [];
  for (const entry of entries) {
    const last = holds.at(-1);
    const isHeld = last !== undefined && last.released_at === null;
    if (entry.event === 'held' && !isHeld) {
      const { by, why } = entry.facts;
      holds.push({ at: entry.time, by, why, released_at: null, released_by: null });
    }
    if (entry.event === 'released' && isHeld) {
      last.released_at = entry.time;
      last.released_by = entry.facts.by;
    }
  }
  return holds;
}

export const approvalsOf = (entries: readonly JournalEntry[]): Certificate['approvals'] =>
  pick(entries, 'approved').map(({ time, facts }) => ({ at: time, by: facts.by, hash_given: facts.hash_given }));

export const routingOf = (entries: readonly JournalEntry[]): Certificate['routing'] =>
  pick(entries, 'pinned').map(({ time, facts }) => ({ at: time, ...facts }));

export function rollbackOf(entries: readonly JournalEntry[]): Certificate['rollback'] {
  const [entry] = pick(entries, 'rolling_back');
  if (entry === undefined) return null;
  const { by, from, why } = entry.facts;
  return { at: entry.time, by, from, why };
}

/** The gates and waivers of the last audit. */
export function auditOf(entries: readonly JournalEntry[]): Pick<Certificate, 'gates' | 'waivers'> {
  const facts = pick(entries, 'audited').at(-1)?.facts;
  const gates = Object.entries(facts?.gates ?? {}).map(([id, status]) => ({ id, status }));
  return { gates: gates.toSorted((a, b) => numberOf(a.id) - numberOf(b.id)), waivers: facts?.waived ?? [] };
}

export function passesOf(entries: readonly JournalEntry[]): Certificate['passes'] {
  const modes = ['final', 'drain', 'reverse'] as const;
  return modes.flatMap((mode) => {
    const passes = pick(entries, 'passed').filter(({ facts }) => facts.mode === mode);
    const last = passes.at(-1);
    if (last === undefined) return [];
    return [
      {
        mode,
        passes: passes.length,
        incomplete: passes.filter(({ facts }) => !facts.complete).length,
        moved: passes.reduce((sum, { facts }) => sum + facts.moved_now, 0),
        not_moved: last.facts.not_moved,
        in_doubt: last.facts.in_doubt,
      },
    ];
  });
}

type PlannedRrset = CertificateChange['rrsets'][number] & { phase: ChangePhase; zone: string };

/** Every change that was announced, in the order of the announcements, with what became of it. */
export function changesOf(entries: readonly JournalEntry[], planned: readonly PlannedRrset[]): CertificateChange[] {
  const changes = new Map<string, CertificateChange>();
  let approvedBy: string | null = null;
  for (const entry of entries) {
    if (entry.event === 'approved') approvedBy = entry.facts.by;
    if (!('zone' in entry.facts)) continue;
    const { phase, zone } = entry.facts;
    const change = changes.get(`${phase} ${zone}`) ?? noChange(phase, zone, planned);
    changes.set(`${phase} ${zone}`, change);
    note(change, entry, approvedBy);
  }
  return [...changes.values()];
}

function note(change: CertificateChange, entry: JournalEntry, approvedBy: string | null): void {
  switch (entry.event) {
    case 'sending':
    case 'asked':
      change.announced_at ??= entry.time;
      change.approved_by = approvedBy;
      change.by_hand ||= entry.event === 'asked';
      return;
    case 'refused':
      change.refusals.push(entry.facts.why);
      return;
    case 'accepted':
      change.accepted_at = entry.time;
      change.serial = entry.facts.serial;
      change.change_id = entry.facts.change_id ?? null;
      change.found_live = entry.facts.found_live;
      return;
    case 'served':
      change.served_at = entry.time;
      return;
    case 'withdrawn':
      change.served_at = null;
      return;
    default:
      return;
  }
}

function noChange(phase: ChangePhase, zone: string, planned: readonly PlannedRrset[]): CertificateChange {
  const rrsets = planned
    .filter((rrset) => rrset.phase === phase && rrset.zone === zone)
    .map(({ name, type, before, after }) => ({ name, type, before, after }));
  return {
    ...{ phase, zone, rrsets, approved_by: null, announced_at: null, accepted_at: null, served_at: null },
    ...{ by_hand: false, found_live: false, serial: null, change_id: null, refusals: [] },
  };
}

function pick<Event extends JournalEntry['event']>(entries: readonly JournalEntry[], event: Event): EntryOf<Event>[] {
  const isOf = (entry: JournalEntry): entry is EntryOf<Event> => entry.event === event;
  return entries.filter(isOf);
}

const numberOf = (gate: string): number => Number(gate.replace(/\D/g, ''));
