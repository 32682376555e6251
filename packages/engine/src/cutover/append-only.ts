import type { JournalEntry } from '@mxodus/model';

/**
 * Whether sync may only append now: from the moment the switch was announced, for good, unless it is known not to have happened or was
 * rolled back to the end. After it the destination is the authority, and a flag or a deletion carried over would undo what its user
 * did. During a rollback nothing may be carried from the old side to the new any more.
 */
export function appendOnly(journal: readonly JournalEntry[]): boolean {
  const announced = new Set<string>();
  let switched = false;
  let goingBack = false;
  /** Of an earlier cutover, which stays. */
  let earlier = false;
  for (const { event, state, facts } of journal) {
    if (event === 'started') {
      earlier ||= switched;
      switched = false;
    }
    if (event === 'rolling_back') goingBack = true;
    if (state === 'ROLLED_BACK') {
      announced.clear();
      switched = false;
      goingBack = false;
    }
    if (!('zone' in facts) || facts.phase !== 'switch') continue;
    if (event === 'sending' || event === 'asked') announced.add(facts.zone);
    if (event === 'refused') announced.delete(facts.zone);
    if (event === 'accepted') switched = true;
  }
  return earlier || switched || goingBack || announced.size > 0;
}
