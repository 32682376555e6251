import { type CutoverPlan, moves, type RoutingFacts } from '@mxodus/engine';
import { MxodusError, type OldHost } from '@mxodus/model';
import type { LookPorts } from '../ports.ts';
import { inParallel } from './in-parallel.ts';

/** Panels answer one question after the other. */
const AT_ONCE = 2;

/** Asks the old host how it treats mail of each domain that moves. null: `cutover.old_host` is not set. */
export async function gatherRouting(
  plan: CutoverPlan,
  { oldHost }: Pick<LookPorts, 'oldHost'>,
  signal: AbortSignal,
): Promise<RoutingFacts[] | null> {
  if (oldHost === null) return null;
  return inParallel(plan.domains.filter(moves), AT_ONCE, async ({ domain }) => ({
    domain,
    state: await routingOf(oldHost, domain, signal),
  }));
}

async function routingOf(oldHost: OldHost, domain: string, signal: AbortSignal): Promise<RoutingFacts['state']> {
  try {
    return { kind: 'known', ...(await oldHost.routing(domain, signal)) };
  } catch (error) {
    if (!(error instanceof MxodusError) || signal.aborted) throw error;
    return { kind: 'unknown', why: `${error.what}: ${error.why}` };
  }
}
