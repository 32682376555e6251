import {
  CHANGE_PHASES,
  type DnsEndpoint,
  type DomainPlan,
  type Observation,
  type Rrset,
  type RrsetName,
  type RrsetPlan,
  sameRrset,
} from '@mxodus/model';
import { changeOf, madeIn, rrsetKey, rrsetsOf } from './change-groups.ts';
import { type CutoverProgress, changeStatus } from './progress.ts';
import { rrsetText } from './rrset-text.ts';

/** What every authoritative server said about every RRset of the plan in one look. */
export interface Sight {
  /** Milliseconds since the epoch; not before the last answer. */
  at: number;
  /** By name and type, see `rrsetKey`. */
  observations: ReadonlyMap<string, readonly Observation[]>;
}

/**
 * What a server serves of an RRset, measured against the journal.
 *
 *   settled   what was there before the change under way, or since the last one that is done
 *   pending   what the change under way makes of it
 *   previous  what was there before the last change that was done: the server went back
 *   lagging   what was there before a change that was followed by another before every server served it
 *   other     none of these: somebody else changed it
 *   unknown   no answer, or none with authority
 */
export type Seen = 'settled' | 'pending' | 'previous' | 'lagging' | 'other' | 'unknown';

export interface ServerView extends RrsetName {
  domain: string;
  server: DnsEndpoint;
  seen: Seen;
  /** What it serves, or why that is not known. */
  text: string;
  /** Answered, but without the AA flag. */
  lame: boolean;
}

export interface Expected {
  settled: Rrset;
  pending: Rrset | null;
  previous: Rrset | null;
  /** What a server may serve still that got none of the changes since. */
  lagging: readonly Rrset[];
}

/** What may be live of an RRset, as the journal has it: the changes one after the other, also those of the way back. */
export function expectedOf(
  rrset: RrsetPlan,
  { zone, progress, ttl }: { zone: string; progress: CutoverProgress; ttl: number },
): Expected {
  let expected: Expected = { settled: rrset.before, pending: null, previous: null, lagging: [] };
  const made = madeIn(zone, progress);
  for (const phase of CHANGE_PHASES) {
    const change = changeOf(phase, rrset, { ttl, made });
    if (change === null) continue;
    switch (changeStatus(progress, phase, zone).kind) {
      case 'untouched':
        break;
      case 'intended':
      case 'asked':
      case 'accepted': {
        const lagging = expected.pending === null ? [] : [...expected.lagging, expected.settled];
        expected = { settled: change.before, pending: change.after, previous: null, lagging };
        break;
      }
      case 'served':
        expected = { settled: change.after, pending: null, previous: change.before, lagging: [] };
    }
  }
  return expected;
}

/** Of every RRset of the domain and every server of the zone. */
export function viewsOf(
  plan: DomainPlan,
  progress: CutoverProgress,
  { sight, ttl }: { sight: Sight; ttl: number },
): ServerView[] {
  return rrsetsOf(plan).flatMap((rrset) => {
    const expected = expectedOf(rrset, { zone: plan.zone, progress, ttl });
    const { name, type } = rrset;
    const observations = sight.observations.get(rrsetKey(rrset)) ?? [];
    return observations.map((seen) => ({ domain: plan.domain, name, type, ...viewOf(rrset, seen, expected) }));
  });
}

function viewOf(
  { type }: RrsetName,
  observation: Observation,
  expected: Expected,
): Omit<ServerView, 'domain' | keyof RrsetName> {
  const { server } = observation;
  if (observation.kind === 'error') return { server, seen: 'unknown', text: observation.why, lame: false };
  const live = observation.kind === 'answer' ? observation.rrset : { ttl: 0, records: [] };
  const text = rrsetText(type, live);
  if (!observation.authoritative) return { server, seen: 'unknown', text: `${text}, without authority`, lame: true };
  return { server, seen: compare(live, expected), text, lame: false };
}

function compare(live: Rrset, { settled, pending, previous, lagging }: Expected): Seen {
  if (pending !== null && sameRrset(live, pending)) return 'pending';
  if (sameRrset(live, settled)) return 'settled';
  if (previous !== null && sameRrset(live, previous)) return 'previous';
  return lagging.some((old) => sameRrset(live, old)) ? 'lagging' : 'other';
}

/** The TTL of the RRset, or of its absence, that any server gave in this look; in seconds. */
export function ttlSeen(sight: Sight, rrset: RrsetName): number {
  return Math.max(0, ...(sight.observations.get(rrsetKey(rrset)) ?? []).map(ttlOf));
}

function ttlOf(observation: Observation): number {
  switch (observation.kind) {
    case 'answer':
      return observation.rrset.ttl;
    case 'absent':
      return observation.negativeTtl ?? 0;
    case 'error':
      return 0;
  }
}
