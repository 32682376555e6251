import { moves, switchedRrsets } from '@mxodus/engine';
import { type CutoverEvent, type DnsObserver, type Observation, type RrsetPlan, sameRecords } from '@mxodus/model';
import type { Run } from './run-context.ts';

/** What of a run is needed here. */
type Asking = Pick<Run, 'plan' | 'progress' | 'signal' | 'emit'> & {
  ports: { observer: Pick<DnsObserver, 'ask'>; now(): number };
};

/** Behind the address of a public resolver are many caches. */
const QUESTIONS = 3;

type Evidence = Extract<CutoverEvent, { type: 'cutover_resolver' }>;
type Verdict = Pick<Evidence, 'serves' | 'ttl'>;

/**
 * Asks the caching resolvers of the config, after the switch, for everything that changed with it. What was not there before is left out
 * until every server has it: asking would plant its absence into the cache (RFC 2308).
 */
export async function askResolvers(run: Asking): Promise<void> {
  const { plan, progress } = run;
  const isServed = progress.waits.switch !== undefined;
  const asked = plan.domains.filter(moves).flatMap(({ domain, ...rest }) =>
    switchedRrsets({ domain, ...rest })
      .filter(({ before }) => before.records.length > 0 || isServed)
      .map((rrset) => ({ domain, rrset })),
  );
  const questions = plan.settings.resolvers.flatMap((resolver) =>
    asked.map(async ({ domain, rrset }) => {
      const verdict = await askOne(run, resolver, rrset);
      const { name, type: rrtype } = rrset;
      run.emit({ type: 'cutover_resolver', resolver, domain, name, rrtype, ...verdict });
    }),
  );
  await Promise.all(questions);
}

/** The oldest answer counts, and of these the one that stays longest. */
const ORDER: readonly Verdict['serves'][] = ['old', 'other', 'unknown', 'new'];

async function askOne(
  { ports, signal }: Asking,
  resolver: string,
  rrset: RrsetPlan,
): Promise<Verdict & Pick<Evidence, 'flips_at'>> {
  const asking = Array.from({ length: QUESTIONS }, () => ports.observer.ask(resolver, rrset, signal));
  const verdicts = (await Promise.all(asking)).map((observation) => verdictOf(rrset, observation));
  const serves = ORDER.find((one) => verdicts.some((verdict) => verdict.serves === one)) ?? 'unknown';
  const ttls = verdicts.flatMap((verdict) => (verdict.serves === serves && verdict.ttl !== null ? [verdict.ttl] : []));
  const ttl = ttls.length === 0 ? null : Math.max(...ttls);
  const flips = ttl !== null && (serves === 'old' || serves === 'other');
  return { serves, ttl, flips_at: flips ? new Date(ports.now() + ttl * 1000).toISOString() : null };
}

function verdictOf({ before, after }: RrsetPlan, observation: Observation): Verdict {
  if (observation.kind === 'error') return { serves: 'unknown', ttl: null };
  const live = observation.kind === 'answer' ? observation.rrset : { ttl: observation.negativeTtl, records: [] };
  if (sameRecords(live.records, after.records)) return { serves: 'new', ttl: live.ttl };
  return { serves: sameRecords(live.records, before.records) ? 'old' : 'other', ttl: live.ttl };
}
