import type { Gate } from '@mxodus/model';
import type { CanaryRecord } from './canary-progress.ts';
import { bouncesGate } from './gates/bounces.ts';
import { canariesGate } from './gates/canaries.ts';
import { withWaiver } from './gates/waivers.ts';
import type { CutoverSituation } from './situation.ts';
import type { CutoverStep } from './step.ts';

/**
 * Each recipient's last test mail that was found must have been sent after the old records were out of every cache, and have arrived at
 * the new servers. One that bounced before is outlived by one that arrived later. What a waiver covers is not waited for. null: nothing
 * is missing, or no test mails are sent.
 */
export function canaryWait(situation: CutoverSituation): CutoverStep | null {
  const { progress, canaries } = situation;
  const safeAt = progress.waits.switch?.safeAt;
  if (canaries.length === 0 || safeAt === undefined) return null;
  const waived = waivedOf(situation);
  const found = [...progress.canaries.byId.values()].filter(({ seen }) => seen !== null && seen.at !== 'unsent');
  const missing = canaries.flatMap(({ recipient }) => {
    const last = found.filter((canary) => canary.recipient === recipient).at(-1);
    const trouble = troubleOf(last, safeAt);
    return trouble === null || waived.has(trouble.gate) ? [] : [`${recipient}: ${trouble.why}`];
  });
  if (missing.length === 0) return null;
  return {
    kind: 'wait',
    waitingFor: `a test mail of every recipient to arrive at the new servers (${missing.join('; ')})`,
    until: null,
    release: 'whoever runs the new mail servers; or a rollback',
  };
}

function waivedOf(situation: CutoverSituation): Set<string> {
  const waivers = situation.plan.settings.waive;
  const backlog = { kind: 'unknown', why: 'not asked' } as const;
  const inputs = { ...situation, rehearsals: [], backlog, facts: null, waivers };
  const gates: Gate[] = [canariesGate(inputs), bouncesGate(inputs)];
  return new Set(
    gates.flatMap((gate) => (withWaiver(gate, waivers, situation.now).waived === undefined ? [] : [gate.id])),
  );
}

function troubleOf(last: CanaryRecord | undefined, safeAt: number): { gate: 'G12' | 'G13'; why: string } | null {
  if (last === undefined || last.seen === null) return { gate: 'G12', why: 'none found yet' };
  const { at, why } = last.seen;
  if (at === 'bounced') return { gate: 'G13', why: `bounced${why === null ? '' : `: ${why}`}` };
  if (at !== 'new') return { gate: 'G12', why: `found at the ${at} servers` };
  return last.sentAt < safeAt ? { gate: 'G12', why: 'none sent since the old records ran out' } : null;
}
