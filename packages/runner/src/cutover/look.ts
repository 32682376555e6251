import type { CutoverPlan, Sight } from '@mxodus/engine';
import type { Observation } from '@mxodus/model';
import type { LookPorts } from './ports.ts';

/** Asks every authoritative server of the plan for every domain, at the same time. */
export async function look(plan: CutoverPlan, ports: LookPorts, signal: AbortSignal): Promise<Sight> {
  const asked = plan.domains.map(async ({ domain, zone, authoritative }): Promise<[string, Observation[]]> => {
    const observations = authoritative.map((server) => ports.observer.observe(server, zone, domain, signal));
    return [domain, await Promise.all(observations)];
  });
  const observations = new Map(await Promise.all(asked));
  return { at: ports.now(), observations };
}
