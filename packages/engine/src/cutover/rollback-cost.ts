import type { DomainPlan } from '@mxodus/model';
import { lowTtl, switchedRrsets } from './change-groups.ts';
import type { CutoverProgress } from './progress.ts';

/** Seconds until the old records are in effect again, once they were put back; 0: mail is not affected. */
export function rollbackSeconds(
  progress: CutoverProgress,
  { domains, ttl, floorMs }: { domains: readonly DomainPlan[]; ttl: number; floorMs: number },
): number {
  if (progress.switchedAt === null) return 0;
  const rrsets = domains.flatMap(switchedRrsets);
  const isRestored = [...progress.changes.restore.values()].some(({ kind }) => kind !== 'untouched');
  const held = rrsets.map((rrset) => (isRestored ? rrset.after.ttl : lowTtl(rrset, ttl)));
  return Math.max(floorMs / 1000, ...held);
}

/** What going back costs now, as a sentence. */
export function rollbackCost(
  progress: CutoverProgress,
  plan: { domains: readonly DomainPlan[]; ttl: number; floorMs: number },
): string {
  const seconds = rollbackSeconds(progress, plan);
  switch (progress.state) {
    case 'DRAFT':
    case 'AUDITED':
    case 'STAGED':
      return isTouched(progress)
        ? 'taking the staged records back; mail is not affected'
        : 'nothing: no record was changed';
    case 'TTL_LOWERED':
    case 'ARMED':
    case 'FROZEN':
      return 'setting the TTL back; mail is not affected';
    case 'SWITCHED':
    case 'PROPAGATING':
    case 'VERIFIED':
    case 'DRAINING':
      return (
        `putting the old MX back, in effect within ${seconds} s, and copying back what reached ` +
        `the new servers since ${instant(progress.switchedAt)}`
      );
    case 'RESTORED':
      return (
        `putting the old MX back, in effect only within ${seconds} s (the TTL is restored), and copying back what ` +
        `reached the new servers since ${instant(progress.switchedAt)}`
      );
    case 'CLOSED':
      return 'not possible any more: the cutover is closed';
    case 'ROLLING_BACK':
      return `under way: ${progress.reverseMessages} messages were copied back so far`;
    case 'ROLLED_BACK':
      return `done: ${progress.reverseMessages} messages were copied back`;
  }
}

function isTouched(progress: CutoverProgress): boolean {
  return [...progress.changes.stage.values()].some(({ kind }) => kind !== 'untouched');
}

function instant(time: number | null): string {
  return time === null ? 'the switch' : new Date(time).toISOString();
}
