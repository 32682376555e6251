import { moves } from '@mxodus/engine';
import { type DomainPlan, type Observation, sameRecords } from '@mxodus/model';
import type { Run } from './run-context.ts';

/**
 * Asks the caching resolvers of the config after the switch. A name that had no MX before is left out until every server has it: asking
 * would plant its absence into the cache (RFC 2308).
 */
export async function askResolvers(run: Run): Promise<void> {
  const { plan, ports, signal, progress } = run;
  const asked = plan.domains.filter(
    (domain) => moves(domain) && (domain.before.records.length > 0 || progress.waits.switch !== undefined),
  );
  const questions = plan.settings.resolvers.flatMap((resolver) =>
    asked.map(async (domain) => {
      const observation = await ports.observer.ask(resolver, domain.domain, signal);
      run.emit({ type: 'cutover_resolver', resolver, domain: domain.domain, ...verdict(domain, observation) });
    }),
  );
  await Promise.all(questions);
}

function verdict(
  { before, after }: DomainPlan,
  observation: Observation,
): { serves: 'old' | 'new' | 'other' | 'unknown'; ttl: number | null } {
  if (observation.kind === 'error') return { serves: 'unknown', ttl: null };
  const live = observation.kind === 'answer' ? observation.mx : { ttl: observation.negativeTtl ?? 0, records: [] };
  if (sameRecords(live.records, after.records)) return { serves: 'new', ttl: live.ttl };
  return { serves: sameRecords(live.records, before.records) ? 'old' : 'other', ttl: live.ttl };
}
