import {
  type CutoverPlan,
  type CutoverProgress,
  type CutoverSituation,
  type HistoryRow,
  rrsetKey,
  rrsetsOf,
  type Sight,
} from '@mxodus/engine';
import type { DnsEndpoint, Observation, RrsetName } from '@mxodus/model';
import type { LookPorts } from './ports.ts';

/** Looks, and remembers what was seen. */
export async function situationOf(
  plan: CutoverPlan,
  progress: CutoverProgress,
  ports: LookPorts,
  signal: AbortSignal,
): Promise<CutoverSituation> {
  const sight = await look(plan, ports, signal);
  await ports.history.note(historyRows(plan, sight));
  const history = await ports.history.rows();
  return { plan, progress, sight, history, canaries: ports.canaries.recipients(), now: ports.now() };
}

/** Asks every authoritative server of the plan for every RRset that may change, at the same time. */
async function look(plan: CutoverPlan, ports: LookPorts, signal: AbortSignal): Promise<Sight> {
  const asked = plan.domains.flatMap((domain) =>
    rrsetsOf(domain).map(async ({ name, type }): Promise<[string, Observation[]]> => {
      const ask = (server: DnsEndpoint) => ports.observer.observe(server, domain.zone, { name, type }, signal);
      return [rrsetKey({ name, type }), await Promise.all(domain.authoritative.map(ask))];
    }),
  );
  const observations = new Map(await Promise.all(asked));
  return { at: ports.now(), observations };
}

/** What was answered with authority; what was not says nothing of caches. */
function historyRows(plan: CutoverPlan, sight: Sight): HistoryRow[] {
  return plan.domains
    .flatMap(rrsetsOf)
    .flatMap((rrset) =>
      (sight.observations.get(rrsetKey(rrset)) ?? []).flatMap((observation) => rowOf(rrset, observation, sight.at)),
    );
}

function rowOf({ name, type }: RrsetName, observation: Observation, at: number): HistoryRow[] {
  if (observation.kind === 'error' || !observation.authoritative) return [];
  const { address, port } = observation.server;
  const place = { name, type, at, server: `${address}:${port}` };
  if (observation.kind === 'answer') return [{ ...place, ...observation.rrset }];
  return observation.negativeTtl === null ? [] : [{ ...place, ttl: observation.negativeTtl, records: [] }];
}
