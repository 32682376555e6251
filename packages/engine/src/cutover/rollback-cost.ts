import type { DomainPlan } from '@mxodus/model';
import { lowTtl, moves } from './change-groups.ts';
import type { CutoverProgress } from './progress.ts';

/** What going back would cost now, as a sentence. This version does not do it by itself. */
export function rollbackCost(
  progress: CutoverProgress,
  { domains, ttl, floorMs }: { domains: readonly DomainPlan[]; ttl: number; floorMs: number },
): string {
  const moving = domains.filter(moves);
  const low = Math.max(0, ...moving.map((plan) => lowTtl(plan, ttl)));
  const restored = Math.max(0, ...moving.map(({ after }) => after.ttl));
  switch (progress.state) {
    case 'DRAFT':
    case 'AUDITED':
      return 'nothing: no record was changed';
    case 'TTL_LOWERED':
    case 'ARMED':
    case 'FROZEN':
      return 'setting the TTL back; mail is not affected';
    case 'SWITCHED':
    case 'PROPAGATING':
    case 'DRAINING':
      return (
        `putting the old MX back, in effect within ${Math.max(low, floorMs / 1000)} s, and copying back what reached ` +
        `the new servers since ${instant(progress.switchedAt)}`
      );
    case 'RESTORED':
      return (
        `putting the old MX back, in effect only within ${restored} s (the TTL is restored), and copying back what ` +
        `reached the new servers since ${instant(progress.switchedAt)}`
      );
  }
}

function instant(time: number | null): string {
  return time === null ? 'the switch' : new Date(time).toISOString();
}
