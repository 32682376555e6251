import { type CutoverPlan, closedGates, NO_PROGRESS, cutoverStatus as statusOf } from '@mxodus/engine';
import type { CutoverStatus, Gate, JournalEntry } from '@mxodus/model';
import { askGates, type FactsMode } from './ask-gates.ts';
import { situationOf } from './look.ts';
import type { LookPorts } from './ports.ts';
import { assertDomains, progressOfPlan } from './progress-of-plan.ts';

export interface CheckOptions {
  plan: CutoverPlan;
  entries: readonly JournalEntry[];
  ports: LookPorts;
  signal: AbortSignal;
}

/** Where the cutover stands, with the last answers to all that is not DNS. Reads only. */
export function cutoverStatus(options: CheckOptions): Promise<CutoverStatus> {
  return stand(options, { facts: 'read', anew: false });
}

/** The gates `run` would meet now; everything is asked. Reads only. */
export async function cutoverCheck(options: CheckOptions): Promise<{ status: CutoverStatus; closed: Gate[] }> {
  const status = await stand(options, { facts: 'anew', anew: true });
  return { status, closed: closedGates(status.gates) };
}

/** @param how.anew after a rollback `run` begins anew, so its gates are those of the beginning */
async function stand(
  { plan, entries, ports, signal }: CheckOptions,
  { facts, anew }: { facts: FactsMode; anew: boolean },
): Promise<CutoverStatus> {
  assertDomains(plan);
  const found = progressOfPlan(plan, entries);
  const progress = anew && found.state === 'ROLLED_BACK' ? NO_PROGRESS : found;
  const situation = await situationOf(plan, progress, ports, signal);
  return statusOf(situation, await askGates(situation, ports, { facts, signal }));
}
