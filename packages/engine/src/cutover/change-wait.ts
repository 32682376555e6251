import type { ChangePhase, RrsetName } from '@mxodus/model';
import { switchedRrsets } from './change-groups.ts';
import { oldTtl } from './history.ts';
import { changeStatus } from './progress.ts';
import { safeAt } from './safe-at.ts';
import { ttlSeen } from './sight.ts';
import type { CutoverSituation } from './situation.ts';
import { groupsOf, iso } from './step.ts';

/** A TTL lowered yesterday by a colleague still lives in caches: none lives longer than a week (BIND's max-cache-ttl). */
const HISTORY_MS = 7 * 86_400_000;

interface Timed {
  phase: ChangePhase;
  t_all: string;
  safe_at: string;
  arithmetic: string;
}

/** When what a phase replaced is out of every cache: its facts for the journal. */
export function changeWait(phase: ChangePhase, situation: CutoverSituation): Timed {
  const { plan, progress, now } = situation;
  const { resolver_floor, slack } = plan.settings;
  const served = groupsOf(phase, situation).map(({ zone }) => {
    const status = changeStatus(progress, phase, zone);
    return status.kind === 'served' ? status.at : Number.POSITIVE_INFINITY;
  });
  const tAll = Math.max(...(served.length > 0 ? served : [progress.auditedAt ?? now]));
  const wait = safeAt({
    servedAt: tAll,
    ttls: replacedTtls(phase, situation),
    floorMs: resolver_floor,
    slackMs: slack,
  });
  return { phase, t_all: iso(tAll), safe_at: iso(wait.safeAt), arithmetic: wait.arithmetic };
}

/** T_old before anything is changed: the longest TTL of what the switch replaces, as planned, seen now and seen in the last days. */
export function oldestTtl({ plan, sight, history, now }: Omit<CutoverSituation, 'progress' | 'canaries'>): number {
  const rrsets = plan.domains.flatMap(switchedRrsets);
  const since = now - HISTORY_MS;
  return Math.max(
    0,
    ...rrsets.flatMap((rrset) => [rrset.before.ttl, ttlSeen(sight, rrset), oldTtl(history, rrset, since)]),
  );
}

function replacedTtls(phase: ChangePhase, situation: CutoverSituation): number[] {
  const { plan, progress, history } = situation;
  const since = heldSince(phase, situation);
  const withHistory = (rrset: RrsetName, ttl: number): number[] => [ttl, oldTtl(history, rrset, since)];
  if (phase !== 'lower') {
    return groupsOf(phase, situation).flatMap(({ changes }) =>
      changes.flatMap((change) => withHistory(change, change.before.ttl)),
    );
  }
  const replaced = plan.domains.flatMap(switchedRrsets);
  return [progress.ttlSeen, ...replaced.flatMap((rrset) => withHistory(rrset, rrset.before.ttl))];
}

/** What was served before this moment is out of every cache when the phase begins. */
function heldSince(phase: ChangePhase, { progress, now }: CutoverSituation): number {
  if (phase === 'switch') return progress.waits.lower?.safeAt ?? now;
  if (phase === 'unswitch') return progress.switchedAt ?? now;
  return (progress.auditedAt ?? now) - HISTORY_MS;
}
