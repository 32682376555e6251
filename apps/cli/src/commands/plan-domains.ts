import { planDomain } from '@mxodus/engine';
import type { DomainPlan, PlanWarning } from '@mxodus/model';
import type { Project } from '../compose.ts';

/** What the zones of the config serve now, and what the cutover will make of it. Asks every authoritative server; changes nothing. */
export async function planDomains(
  { config, observer }: Project,
  signal: AbortSignal,
): Promise<{ domains: DomainPlan[]; warnings: PlanWarning[] }> {
  const dns = observer();
  const domains: DomainPlan[] = [];
  const warnings: PlanWarning[] = [];
  for (const [domain, rules] of Object.entries(config.domains)) {
    const { zone, authoritative: configured } = rules.dns;
    const authoritative = await dns.authoritative(zone, configured, signal);
    const observations = await Promise.all(authoritative.map((server) => dns.observe(server, zone, domain, signal)));
    const planned = planDomain({ domain, config: rules, authoritative, observations });
    domains.push(planned.plan);
    warnings.push(...planned.warnings.map((text) => ({ code: 'DNS' as const, text })));
  }
  return { domains, warnings };
}
