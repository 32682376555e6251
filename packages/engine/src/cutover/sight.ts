import { type DnsEndpoint, type DomainPlan, type MxRrset, type Observation, sameRrset } from '@mxodus/model';
import { changeOf, PHASES } from './change-groups.ts';
import { rrsetText } from './mx-text.ts';
import { type CutoverProgress, changeStatus } from './progress.ts';

/** What every authoritative server said about every domain of the plan in one look. */
export interface Sight {
  /** Milliseconds since the epoch; not before the last answer. */
  at: number;
  observations: ReadonlyMap<string, readonly Observation[]>;
}

/**
 * What a server serves of a domain, measured against the journal.
 *
 *   settled   what was there before the change under way, or since the last one that is done
 *   pending   what the change under way makes of it
 *   previous  what was there before the last change that was done: the server went back
 *   other     none of these: somebody else changed it
 *   unknown   no answer, or none with authority
 */
export type Seen = 'settled' | 'pending' | 'previous' | 'other' | 'unknown';

export interface ServerView {
  domain: string;
  server: DnsEndpoint;
  seen: Seen;
  /** What it serves, or why that is not known. */
  text: string;
  /** Answered, but without the AA flag. */
  lame: boolean;
}

export interface Expected {
  settled: MxRrset;
  pending: MxRrset | null;
  previous: MxRrset | null;
}

/** What may be live, as the journal has it. */
export function expectedOf(plan: DomainPlan, progress: CutoverProgress, ttl: number): Expected {
  let expected: Expected = { settled: plan.before, pending: null, previous: null };
  for (const phase of PHASES) {
    const change = changeOf(phase, plan, ttl);
    if (change === null) continue;
    const status = changeStatus(progress, phase, plan.zone).kind;
    switch (status) {
      case 'untouched':
        return expected;
      case 'intended':
      case 'asked':
      case 'accepted':
        return { settled: change.before, pending: change.after, previous: null };
      case 'served':
        expected = { settled: change.after, pending: null, previous: change.before };
    }
  }
  return expected;
}

export function viewsOf(
  plan: DomainPlan,
  progress: CutoverProgress,
  { sight, ttl }: { sight: Sight; ttl: number },
): ServerView[] {
  const expected = expectedOf(plan, progress, ttl);
  const observations = sight.observations.get(plan.domain) ?? [];
  return observations.map((observation) => ({ domain: plan.domain, ...viewOf(observation, expected) }));
}

function viewOf(observation: Observation, expected: Expected): Omit<ServerView, 'domain'> {
  const { server } = observation;
  if (observation.kind === 'error') return { server, seen: 'unknown', text: observation.why, lame: false };
  const live = observation.kind === 'answer' ? observation.mx : { ttl: 0, records: [] };
  const text = rrsetText(live);
  if (!observation.authoritative) return { server, seen: 'unknown', text: `${text}, without authority`, lame: true };
  return { server, seen: compare(live, expected), text, lame: false };
}

function compare(live: MxRrset, { settled, pending, previous }: Expected): Seen {
  if (pending !== null && sameRrset(live, pending)) return 'pending';
  if (sameRrset(live, settled)) return 'settled';
  return previous !== null && sameRrset(live, previous) ? 'previous' : 'other';
}

/** The longest TTL any server gave, of an MX or of its absence. */
export function longestTtl(sight: Sight): number {
  const observations = [...sight.observations.values()].flat();
  return Math.max(0, ...observations.map(ttlOf));
}

function ttlOf(observation: Observation): number {
  switch (observation.kind) {
    case 'answer':
      return observation.mx.ttl;
    case 'absent':
      return observation.negativeTtl ?? 0;
    case 'error':
      return 0;
  }
}
