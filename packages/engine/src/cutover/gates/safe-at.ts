import type { Gate } from '@mxodus/model';
import { oldestTtl } from '../change-wait.ts';
import { safeAt } from '../safe-at.ts';
import type { CutoverSituation } from '../situation.ts';

/** G8: what was served before is out of every cache, also the old addresses of mail hosts. Never waived. */
export function safeAtGate(inputs: CutoverSituation): Gate {
  const { progress, now } = inputs;
  const gate = { id: 'G8', name: 'safe_at', fix: 'only time helps: caches keep what they have' };
  const held = progress.addresses.find(({ safeAt: until }) => now < until);
  if (held !== undefined && progress.rollingBack === null) {
    return { ...gate, status: 'amber', why: `the old address of ${held.host}: ${held.arithmetic}` };
  }
  const phase = phaseOf(inputs);
  const wait = progress.waits[phase];
  if (wait !== undefined) {
    if (now >= wait.safeAt) return { ...gate, status: 'green', why: wait.arithmetic, fix: '' };
    return { ...gate, status: 'amber', why: wait.arithmetic };
  }
  if (phase !== 'lower') return { ...gate, status: 'amber', why: `not every server serves the ${WHAT[phase]} yet` };
  if (progress.state === 'TTL_LOWERED') {
    return { ...gate, status: 'amber', why: 'not every server serves the low TTL yet' };
  }
  const why = `not before ${new Date(earliestSwitch(inputs)).toISOString()}, were the TTL lowered now`;
  return { ...gate, status: 'amber', why };
}

const WHAT = { switch: 'new records', unswitch: 'old records' } as const;

function phaseOf({ progress }: CutoverSituation): 'lower' | 'switch' | 'unswitch' {
  if (progress.rollingBack !== null) return 'unswitch';
  return progress.switchedAt === null ? 'lower' : 'switch';
}

/** When the switch could be made, were the TTL lowered everywhere now. */
export function earliestSwitch(situation: CutoverSituation): number {
  const { resolver_floor, slack } = situation.plan.settings;
  const ttls = [situation.progress.ttlSeen, oldestTtl(situation)];
  const { safeAt: until } = safeAt({ servedAt: situation.now, ttls, floorMs: resolver_floor, slackMs: slack });
  return Math.max(until, ...situation.progress.addresses.map((hold) => hold.safeAt));
}
