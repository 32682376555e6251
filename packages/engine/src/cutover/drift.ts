import type { DomainPlan } from '@mxodus/model';
import type { CutoverProgress } from './progress.ts';
import { type ServerView, viewsOf } from './sight.ts';
import type { CutoverSituation } from './situation.ts';

/** The servers that serve what neither the plan nor the journal knows. A change made by hand may pass through anything on its way. */
export function driftOf({
  plan,
  progress,
  sight,
}: Pick<CutoverSituation, 'plan' | 'progress' | 'sight'>): ServerView[] {
  const { ttl } = plan.settings;
  return plan.domains.flatMap((domain) => {
    if (isMadeByHand(domain, progress)) return [];
    return viewsOf(domain, progress, { sight, ttl }).filter(({ seen }) => seen === 'other');
  });
}

function isMadeByHand({ zone }: DomainPlan, progress: CutoverProgress): boolean {
  return Object.values(progress.changes).some((zones) => {
    const status = zones.get(zone);
    return status?.kind === 'asked' || (status?.kind === 'accepted' && status.byHand);
  });
}
