import { type CutoverPlan, type CutoverProgress, foldJournal, NO_PROGRESS } from '@mxodus/engine';
import { type JournalEntry, MxodusError } from '@mxodus/model';

/** How far the journal is with this plan. A cutover of another plan that changed something must be finished first. */
export function progressOfPlan(plan: CutoverPlan, entries: readonly JournalEntry[]): CutoverProgress {
  const progress = foldJournal(entries);
  if (progress.plan === null || progress.plan === plan.sha256) return progress;
  const touched = Object.values(progress.changes).flatMap((zones) => [...zones.values()]);
  const isOver = ['RESTORED', 'CLOSED', 'ROLLED_BACK'].includes(progress.state);
  if (isOver || touched.every(({ kind }) => kind === 'untouched')) return NO_PROGRESS;
  throw new MxodusError('PLAN_STALE', {
    what: `a cutover of another plan (${progress.plan.slice(0, 12)}) is under way, in state ${progress.state}`,
    why: 'it has changed records already; two plans cannot both say what they should be',
    advice: 'finish it with the plan it was begun with',
  });
}

/** Refuses a plan that has no domains to cut over. */
export function assertDomains(plan: CutoverPlan): void {
  if (plan.domains.length > 0) return;
  throw new MxodusError('CONFIG_INVALID', {
    what: 'the plan has no domain to cut over',
    why: 'the config has no `domains`, so the plan made from it says nothing about MX records',
    advice: 'add `domains` to the config and plan again',
  });
}
