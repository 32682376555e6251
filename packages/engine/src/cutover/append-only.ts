import type { JournalEntry } from '@mxodus/model';

/**
 * Whether sync may only append now: from the moment the switch was announced, for good, unless it is known not to have happened.
 * After it the destination is the authority, and a flag or a deletion carried over would undo what its user did.
 */
export function appendOnly(journal: readonly JournalEntry[]): boolean {
  const announced = new Set<string>();
  let switched = false;
  for (const { event, facts } of journal) {
    if (!('zone' in facts) || facts.phase !== 'switch') continue;
    if (event === 'sending' || event === 'asked') announced.add(facts.zone);
    if (event === 'refused') announced.delete(facts.zone);
    if (event === 'accepted') switched = true;
  }
  return switched || announced.size > 0;
}
