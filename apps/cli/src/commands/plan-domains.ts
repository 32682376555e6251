import { domainTrouble, observationsByRrset, planDomain, rrsetKey, rrsetsOf, rrsetsToObserve } from '@mxodus/engine';
import {
  type DomainConfig,
  type DomainPlan,
  type MailTenant,
  MxodusError,
  mxText,
  type PlanWarning,
  type ServiceRecords,
  sameRecords,
} from '@mxodus/model';
import type { Project } from '../compose.ts';

/**
 * What the zones of the config serve now, and what the cutover will make of it. Asks every authoritative server, and a tenant for the
 * records it wants; changes nothing.
 */
export async function planDomains(
  { config, dns: services }: Pick<Project, 'config' | 'dns'>,
  tenants: Readonly<Record<string, MailTenant>>,
  signal: AbortSignal,
): Promise<{ domains: DomainPlan[]; warnings: PlanWarning[] }> {
  const dns = services.observer();
  const domains: DomainPlan[] = [];
  const warnings: PlanWarning[] = [];
  for (const [domain, rules] of Object.entries(config.domains)) {
    const { zone, authoritative: configured } = rules.dns;
    const tenant = tenants[rules.mx.to];
    const wanted = tenant === undefined ? null : await recordsOf(tenant, domain);
    const authoritative = await dns.authoritative(zone, configured, signal);
    const source = {
      domain,
      config: wanted === null ? rules : withRecords(rules, wanted),
      ...(wanted === null ? {} : { advised: wanted.advised }),
    };
    const asked = rrsetsToObserve(source).map(async (rrset) => ({
      rrset,
      observations: await Promise.all(authoritative.map((server) => dns.observe(server, zone, rrset, signal))),
    }));
    const planned = planDomain({
      ...source,
      authoritative,
      observations: observationsByRrset(await Promise.all(asked)),
    });
    domains.push(planned.plan);
    const texts = [...planned.warnings, ...(wanted === null ? [] : otherRecords(domain, rules, wanted))];
    warnings.push(...texts.map((text) => ({ code: 'DNS' as const, text })));
  }
  assertOwnRrsets(domains);
  return { domains, warnings };
}

/** Two domains may not want the same RRset: each would undo the other's change. */
function assertOwnRrsets(domains: readonly DomainPlan[]): void {
  const owner = new Map<string, string>();
  for (const plan of domains) {
    for (const rrset of rrsetsOf(plan)) {
      const other = owner.get(rrsetKey(rrset));
      if (other !== undefined) {
        throw new MxodusError('CONFIG_INVALID', {
          what: `domains.${plan.domain}.records: ${rrsetKey(rrset)} is in domains.${other} too`,
          why: 'an RRset is changed once',
          advice: 'leave it at one of the two',
        });
      }
      owner.set(rrsetKey(rrset), plan.domain);
    }
  }
}

/** The tenant's own words, never computed: the hosts of domains with DNSSEC have another name. */
async function recordsOf(tenant: MailTenant, domain: string): Promise<ServiceRecords> {
  const [found] = await tenant.domains([domain]);
  const trouble = found === undefined ? null : domainTrouble(found, tenant.server);
  if (trouble !== null) throw trouble;
  const records = await tenant.serviceRecords(domain);
  if (records.known) return records.value;
  throw new MxodusError('DOMAIN_NOT_VERIFIED', {
    what: `tenant "${tenant.server}" does not tell the MX records of ${domain}`,
    why: found?.kind === 'unknown' ? found.why : records.why,
    advice: `see that the app has Domain.Read.All, and that the domain is set up for mail (Microsoft 365 admin centre, Settings, Domains); until then plan without \`domains.${domain}\``,
  });
}

const withRecords = (rules: DomainConfig, { mx }: ServiceRecords): DomainConfig => ({
  ...rules,
  mx: { ...rules.mx, records: rules.mx.records ?? mx.map((record) => ({ ...record })) },
});

function otherRecords(domain: string, { mx }: DomainConfig, wanted: ServiceRecords): string[] {
  if (mx.records === undefined || sameRecords(mx.records.map(mxText), wanted.mx.map(mxText))) return [];
  const hosts = wanted.mx.map(({ preference, host }) => `${preference} ${host}`).join(', ');
  return [
    `${domain}: the config's MX records are not the ones tenant "${mx.to}" gives (${hosts}); the config's are used`,
  ];
}
