import { type CutoverPlan, changeGroups, closedGates, cutoverStatus as statusOf } from '@mxodus/engine';
import type { CutoverEvent, CutoverStatus, Gate, JournalEntry } from '@mxodus/model';
import { askGates } from './ask-gates.ts';
import { look } from './look.ts';
import type { LookPorts } from './ports.ts';
import { assertDomains, progressOfPlan } from './progress-of-plan.ts';

export interface CheckOptions {
  plan: CutoverPlan;
  entries: readonly JournalEntry[];
  ports: LookPorts;
  signal: AbortSignal;
}

/** Where the cutover stands. Reads only. */
export async function cutoverStatus({ plan, entries, ports, signal }: CheckOptions): Promise<CutoverStatus> {
  assertDomains(plan);
  const progress = progressOfPlan(plan, entries);
  const sight = await look(plan, ports, signal);
  const situation = { plan, progress, sight, now: ports.now() };
  return statusOf(situation, await askGates(situation, ports, signal));
}

/** The gates `run` would meet now. Reads only. */
export async function cutoverCheck(options: CheckOptions): Promise<{ status: CutoverStatus; closed: Gate[] }> {
  const status = await cutoverStatus(options);
  return { status, closed: closedGates(status.gates) };
}

/** Every change the plan makes, in order. */
export function plannedChanges({
  domains,
  settings,
}: CutoverPlan): Extract<CutoverEvent, { type: 'cutover_change' }>[] {
  const phases = ['lower', 'switch', 'restore'] as const;
  return phases.flatMap((phase) =>
    changeGroups(phase, domains, settings.ttl).flatMap(({ zone, changes }) =>
      changes.map((change) => ({ type: 'cutover_change' as const, phase, zone, ...change })),
    ),
  );
}
