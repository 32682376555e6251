import {
  CHANGE_PHASES,
  type ChangePhase,
  type DomainPlan,
  mxRrset,
  type Rrset,
  type RrsetChange,
  type RrsetName,
  type RrsetPlan,
  sameRecords,
  sameRrset,
} from '@mxodus/model';
import { type CutoverProgress, changeStatus, NO_PROGRESS } from './progress.ts';

export const FORWARD_PHASES = ['stage', 'lower', 'switch', 'restore'] as const satisfies readonly ChangePhase[];
export const BACK_PHASES = ['unswitch', 'unlower', 'unstage'] as const satisfies readonly ChangePhase[];

/** The changes of one zone in one phase: one transaction where the provider can. */
export interface ChangeGroup {
  zone: string;
  provider: DomainPlan['provider'];
  /** A domain of the zone: all domains of one zone have one provider. */
  domain: string;
  changes: RrsetChange[];
}

/** "example.com MX": how an RRset is known in a look. */
export function rrsetKey({ name, type }: RrsetName): string {
  return `${name} ${type}`;
}

/** Everything of a domain that may change: its MX first. */
export function rrsetsOf(plan: DomainPlan): RrsetPlan[] {
  const mx: RrsetPlan = {
    name: plan.domain,
    type: 'MX',
    when: 'switch',
    before: plainRrset(mxRrset(plan.before)),
    after: plainRrset(mxRrset(plan.after)),
    why: 'the new mail hosts',
  };
  return [mx, ...(plan.others ?? [])];
}

/**
 * What has to change in a phase. Sub-domains come before the apex: the addresses people are moved to must work before the ones they
 * are moved from are switched; on the way back the apex comes first. The phases that undo contain what was made, by the journal.
 * @param ttl the low TTL of the config, in seconds
 */
export function changeGroups(
  phase: ChangePhase,
  domains: readonly DomainPlan[],
  ttl: number,
  progress: CutoverProgress = NO_PROGRESS,
): ChangeGroup[] {
  const groups = new Map<string, ChangeGroup>();
  for (const plan of bySequence(domains)) {
    const changes = rrsetsOf(plan).flatMap((rrset) => {
      const change = changeOf(phase, rrset, { ttl, made: madeIn(plan.zone, progress) });
      return change === null ? [] : [change];
    });
    if (changes.length === 0) continue;
    const { zone, provider, domain } = plan;
    const group = groups.get(zone) ?? { zone, provider, domain, changes: [] };
    group.changes.push(...changes);
    groups.set(zone, group);
  }
  const all = [...groups.values()];
  return isWayBack(phase) ? all.reverse() : all;
}

/** Of every zone what comes next for each of its RRsets: not sent, or not known to have been made. */
export function nextGroups(domains: readonly DomainPlan[], ttl: number, progress: CutoverProgress): ChangeGroup[] {
  const next = new Map<string, ChangeGroup>();
  for (const phase of progress.rollingBack === null ? FORWARD_PHASES : BACK_PHASES) {
    for (const group of changeGroups(phase, domains, ttl, progress)) {
      if (!isOpen(changeStatus(progress, phase, group.zone).kind)) continue;
      const { changes } = next.get(group.zone) ?? { changes: [] };
      const known = new Set(changes.map(rrsetKey));
      const more = group.changes.filter((change) => !known.has(rrsetKey(change)));
      next.set(group.zone, { ...group, changes: [...changes, ...more] });
    }
  }
  return [...next.values()];
}

/** The changes that are known to have been made in a zone. */
export type Made = Readonly<Record<ChangePhase, boolean>>;

export function madeIn(zone: string, progress: CutoverProgress): Made {
  const made = (phase: ChangePhase): boolean => {
    const { kind } = changeStatus(progress, phase, zone);
    return kind === 'accepted' || kind === 'served';
  };
  const [stage, lower, switched, restore, unswitch, unlower, unstage] = CHANGE_PHASES.map(made);
  return {
    stage: stage === true,
    lower: lower === true,
    switch: switched === true,
    restore: restore === true,
    unswitch: unswitch === true,
    unlower: unlower === true,
    unstage: unstage === true,
  };
}

/**
 * The change of one RRset in a phase; null where there is nothing to change.
 *
 *   phase     of `when`  from             to
 *   stage     stage      before           after
 *   lower     switch     before           before, low TTL
 *   switch    switch     before, low TTL  after, low TTL
 *   restore   switch     after, low TTL   after
 *   restore   restore    before           after
 *   unswitch  switch     after, low TTL   before, low TTL   when the TTL is low
 *   unswitch  switch     after            before            when it was restored
 *   unswitch  restore    after            before            when it was made
 *   unlower   switch     before, low TTL  before            unless it was restored
 *   unstage   stage      after            before
 */
export function changeOf(
  phase: ChangePhase,
  rrset: RrsetPlan,
  { ttl, made }: { ttl: number; made: Made },
): RrsetChange | null {
  const ends = endsOf(phase, rrset, { ttl, made });
  if (ends === null || sameRrset(ends[0], ends[1])) return null;
  // An RRset whose records stay is none of the switch's business, whatever its TTL.
  if (rrset.when === 'switch' && !replaces(rrset)) return null;
  const { name, type } = rrset;
  return { name, type, before: ends[0], after: ends[1] };
}

/** Whether the domain's mail goes elsewhere at all. */
export function moves(plan: DomainPlan): boolean {
  return rrsetsOf(plan).some((rrset) => rrset.type === 'MX' && replaces(rrset));
}

/** Whether a cutover of the domain changes any record. */
export function changesAnything(plan: DomainPlan): boolean {
  return rrsetsOf(plan).some(replaces);
}

/** The RRsets of a domain that are replaced by the switch: those whose TTL counts. */
export function switchedRrsets(plan: DomainPlan): RrsetPlan[] {
  return rrsetsOf(plan).filter((rrset) => rrset.when === 'switch' && replaces(rrset));
}

function replaces({ before, after }: Pick<RrsetPlan, 'before' | 'after'>): boolean {
  return !sameRecords(before.records, after.records);
}

/** The TTL between lowering and restoring: never more than what is there. */
export function lowTtl({ before, after }: Pick<RrsetPlan, 'before' | 'after'>, ttl: number): number {
  const there = [before, after].filter(({ records }) => records.length > 0).map((rrset) => rrset.ttl);
  return Math.min(ttl, ...there);
}

function endsOf(
  phase: ChangePhase,
  rrset: RrsetPlan,
  { ttl, made }: { ttl: number; made: Made },
): [Rrset, Rrset] | null {
  const { before, after, when } = rrset;
  const low = lowTtl(rrset, ttl);
  // A name without the RRset has no TTL to lower; what caches remember of it is its negative TTL (RFC 2308).
  const lowered = before.records.length === 0 ? before : { ttl: low, records: before.records };
  const switched = { ttl: low, records: after.records };
  switch (phase) {
    case 'stage':
      return when === 'stage' ? [before, after] : null;
    case 'lower':
      return when === 'switch' ? [before, lowered] : null;
    case 'switch':
      return when === 'switch' ? [lowered, switched] : null;
    case 'restore':
      return restoreEnds({ when, before, after, switched });
    case 'unswitch':
      if (when === 'restore') return made.restore ? [after, before] : null;
      if (when !== 'switch' || !made.switch) return null;
      return made.restore ? [after, before] : [switched, lowered];
    case 'unlower':
      return when === 'switch' && made.lower && !(made.switch && made.restore) ? [lowered, before] : null;
    case 'unstage':
      return when === 'stage' && made.stage ? [after, before] : null;
  }
}

function restoreEnds({
  when,
  before,
  after,
  switched,
}: Pick<RrsetPlan, 'when' | 'before' | 'after'> & { switched: Rrset }): [Rrset, Rrset] | null {
  if (when === 'restore') return [before, after];
  return when === 'switch' ? [switched, after] : null;
}

export function isWayBack(phase: ChangePhase): boolean {
  return BACK_PHASES.some((back) => back === phase);
}

function isOpen(kind: string): boolean {
  return kind === 'untouched' || kind === 'intended';
}

function bySequence(domains: readonly DomainPlan[]): DomainPlan[] {
  const depth = ({ domain }: DomainPlan): number => domain.split('.').length;
  return domains.toSorted((a, b) => depth(b) - depth(a));
}

function plainRrset({ ttl, records }: Rrset): { ttl: number; records: string[] } {
  return { ttl, records: [...records] };
}
