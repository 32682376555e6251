import { type ChangePhase, type DomainPlan, type MxChange, type MxRrset, sameRecords, sameRrset } from '@mxodus/model';
import { type CutoverProgress, changeStatus } from './progress.ts';

export const PHASES: readonly ChangePhase[] = ['lower', 'switch', 'restore'];

/** The changes of one zone in one phase: one transaction where the provider can. */
export interface ChangeGroup {
  zone: string;
  provider: DomainPlan['provider'];
  changes: MxChange[];
}

/**
 * What has to change in a phase, sub-domains before the apex: the addresses people are moved to must work before the ones they are
 * moved from are switched. @param ttl the low TTL of the config, in seconds
 */
export function changeGroups(phase: ChangePhase, domains: readonly DomainPlan[], ttl: number): ChangeGroup[] {
  const groups = new Map<string, ChangeGroup>();
  for (const plan of domains.toSorted((a, b) => depth(b) - depth(a))) {
    const change = changeOf(phase, plan, ttl);
    if (change === null) continue;
    const group = groups.get(plan.zone) ?? { zone: plan.zone, provider: plan.provider, changes: [] };
    group.changes.push(change);
    groups.set(plan.zone, group);
  }
  return [...groups.values()];
}

/** Of every zone the change that comes next: not sent, or not known to have been made. */
export function nextGroups(domains: readonly DomainPlan[], ttl: number, progress: CutoverProgress): ChangeGroup[] {
  const next = new Map<string, ChangeGroup>();
  for (const phase of PHASES) {
    for (const group of changeGroups(phase, domains, ttl)) {
      const { kind } = changeStatus(progress, phase, group.zone);
      if (!next.has(group.zone) && (kind === 'untouched' || kind === 'intended')) next.set(group.zone, group);
    }
  }
  return [...next.values()];
}

/** The change of one domain in a phase; null where there is nothing to change. */
export function changeOf(phase: ChangePhase, plan: DomainPlan, ttl: number): MxChange | null {
  if (!moves(plan)) return null;
  const [before, after] = ends(phase, plan, ttl);
  return sameRrset(before, after) ? null : { domain: plan.domain, before, after };
}

/** Whether the domain's mail goes elsewhere at all. */
export function moves(plan: DomainPlan): boolean {
  return !sameRecords(plan.before.records, plan.after.records);
}

/** What caches may hold of the domain at the moment a phase changes it: the TTL that has to run out afterwards. */
export function cachedTtl(phase: ChangePhase, plan: DomainPlan, ttl: number): number {
  return ends(phase, plan, ttl)[0].ttl;
}

/** The TTL between lowering and restoring: never more than what is there. */
export function lowTtl(plan: DomainPlan, ttl: number): number {
  return Math.min(ttl, plan.after.ttl, ...(plan.before.records.length > 0 ? [plan.before.ttl] : []));
}

function ends(phase: ChangePhase, plan: DomainPlan, ttl: number): [MxRrset, MxRrset] {
  const low = lowTtl(plan, ttl);
  const { before, after } = plan;
  // A name without an MX has no TTL to lower; what caches remember of it is its negative TTL (RFC 2308).
  const lowered = before.records.length === 0 ? before : { ttl: low, records: before.records };
  const switched = { ttl: low, records: after.records };
  switch (phase) {
    case 'lower':
      return [before, lowered];
    case 'switch':
      return [lowered, switched];
    case 'restore':
      return [switched, after];
  }
}

function depth(plan: DomainPlan): number {
  return plan.domain.split('.').length;
}
