import type { Gate, LookupResult } from '@mxodus/model';

/** One thing that is not as it should be. */
export interface Finding {
  status: 'red' | 'unknown' | 'amber';
  why: string;
  fix: string;
}

/** Worst first. What is red is known to lose mail; what is unknown may. */
const ORDER = ['red', 'unknown', 'amber'] as const;
const NAMED = 3;

/** The fix of what could not be looked up. */
export const LOOK_AGAIN = 'check again when the name servers of that name answer';

/** A gate of several questions: as bad as the worst of them, and naming those first. */
export function judged(gate: { id: string; name: string }, findings: readonly Finding[], green: string): Gate {
  const sorted = ORDER.flatMap((status) => findings.filter((finding) => finding.status === status));
  const [worst] = sorted;
  if (worst === undefined) return { ...gate, status: 'green', why: green, fix: '' };
  const fixes = [...new Set(sorted.slice(0, NAMED).map(({ fix }) => fix))].filter(Boolean);
  return { ...gate, status: worst.status, why: firstOf(sorted.map(({ why }) => why)), fix: fixes.join('; ') };
}

/** "a; b; c; 4 more" */
export function firstOf(texts: readonly string[], separator = '; '): string {
  const more = texts.length > NAMED ? `${separator}${texts.length - NAMED} more` : '';
  return texts.slice(0, NAMED).join(separator) + more;
}

/** The records of an answer; none where there is none. */
export function recordsOf(result: LookupResult | undefined): readonly string[] {
  return result?.kind === 'answer' ? result.records : [];
}

/** Nothing was asked yet. */
export function notAsked(gate: { id: string; name: string }): Gate {
  return { ...gate, status: 'unknown', why: 'not asked yet', fix: 'mxodus cutover check asks' };
}
