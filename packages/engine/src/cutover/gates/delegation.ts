import { type Delegation, type DomainPlan, type Gate, PARENT_NOT_ASKED, sameRecords } from '@mxodus/model';
import type { CutoverFacts } from '../facts.ts';
import { type HistoryRow, heldRows } from '../history.ts';
import { serverText } from '../rrset-text.ts';

export type DelegationFault = Pick<Gate, 'why' | 'fix'> & { status: 'red' | 'amber' | 'unknown' };

/** The mail host that is left, by its names and addresses: it may be a name server too. */
export interface OldMailHost {
  names: readonly string[];
  addresses: readonly string[];
}

const NOBODY: OldMailHost = { names: [], addresses: [] };

/**
 *   status   what is found
 *   red      the parent's NS set is not the zone's own · two servers of the zone have different NS sets · a DS, and validation fails
 *            · NS or DS changed, and caches may hold the old ones
 *   unknown  the parent did not tell · a server did not tell
 *   amber    a name server is at the old mail host · a DS, and nobody asked validates
 *
 * The worst of all zones; null: none. That servers are configured, and the parent is not asked for that, is no fault.
 */
export function delegationFault(
  delegations: readonly Delegation[],
  history: readonly HistoryRow[] | undefined,
  now: number,
  oldMailHost: OldMailHost = NOBODY,
): DelegationFault | null {
  const faults = delegations.flatMap((delegation) => [
    ...setFaults(delegation),
    ...changeFaults(delegation, { history: history ?? [], now }),
    ...signingFaults(delegation),
    ...silenceFaults(delegation),
    ...placeFaults(delegation, oldMailHost),
  ]);
  const worst = (['red', 'unknown', 'amber'] as const).map((status) => faults.find((one) => one.status === status));
  return worst.find((fault) => fault !== undefined) ?? null;
}

/** Of domains that move: the hosts of their MX before, as far as they are not among those after. */
export function oldMailHost(domains: readonly DomainPlan[], facts: CutoverFacts | null): OldMailHost {
  const after = new Set(domains.flatMap((plan) => plan.after.records.map(({ host }) => host)));
  const before = domains.flatMap((plan) => plan.before.records.map(({ host }) => host));
  return {
    names: before.filter((host) => !after.has(host)),
    addresses: (facts?.mailAuth ?? []).flatMap(({ oldAddresses, newAddresses }) => {
      const kept = new Set(Object.values(newAddresses).flat());
      return oldAddresses.filter((address) => !kept.has(address));
    }),
  };
}

const NEVER_COMBINE = 'never combine a move of name servers with a switch';

function setFaults({ zone, parent, child }: Delegation): DelegationFault[] {
  const told = child.flatMap(({ server, ns }) => (ns === null ? [] : [{ by: serverText(server), ...ns }]));
  const [first, ...rest] = parent === null ? told : [{ by: 'its parent', ...parent }, ...told];
  const other = rest.find(({ records }) => first !== undefined && !sameRecords(records, first.records));
  if (first === undefined || other === undefined) return [];
  const why = `the name servers of ${zone} are ${list(first.records)} by ${first.by}, but ${list(other.records)} by ${other.by}`;
  const fix = `make the NS set of the zone and of its parent the same, and wait for their TTL: ${NEVER_COMBINE}`;
  return [{ status: 'red', why, fix }];
}

function changeFaults(
  { zone, parent, child, ds }: Delegation,
  { history, now }: { history: readonly HistoryRow[]; now: number },
): DelegationFault[] {
  const live = [parent, ds, ...child.map(({ ns }) => ns)].map((rrset) => rrset?.ttl ?? 0);
  return (['NS', 'DS'] as const).flatMap((type) =>
    heldRows(history, { name: zone, type }).flatMap((rows) =>
      rows.flatMap((row, index) => {
        const next = rows[index + 1];
        if (next === undefined || sameRecords(row.records, next.records)) return [];
        const ttl = Math.max(row.ttl, next.ttl, ...live);
        const until = next.at + ttl * 1000;
        if (until <= now) return [];
        const why =
          `the ${type} of ${zone} changed from ${list(row.records)} to ${list(next.records)} (seen ${iso(next.at)}); ` +
          `caches may hold the old ones for ${ttl} s, until ${iso(until)}`;
        return [{ status: 'red' as const, why, fix: `wait until then: ${NEVER_COMBINE}` }];
      }),
    ),
  );
}

function signingFaults({ zone, ds, validates }: Delegation): DelegationFault[] {
  if (ds === null || ds.records.length === 0 || validates === true) return [];
  if (validates === false) {
    const why = `the parent has a DS for ${zone}, and a resolver that validates refuses the zone`;
    return [{ status: 'red', why, fix: 'repair the signatures of the zone, or take the DS away and wait for its TTL' }];
  }
  const why = `the parent has a DS for ${zone}, and no resolver that was asked validates`;
  return [{ status: 'amber', why, fix: 'name a resolver that validates in `cutover.resolvers`' }];
}

function silenceFaults({ zone, parent, child, why }: Delegation): DelegationFault[] {
  const fix = 'the servers of the zone and of its parent must answer; or list the servers in `dns.authoritative`';
  const faults: DelegationFault[] = [];
  if (parent === null && why !== PARENT_NOT_ASKED) {
    faults.push({ status: 'unknown', why: `the parent of ${zone} did not tell its name servers: ${why}`, fix });
  }
  if (child.length === 0) faults.push({ status: 'unknown', why: `no name server of ${zone} was asked`, fix });
  const silent = child.filter(({ ns }) => ns === null);
  if (silent.length > 0) {
    const said = silent.map((one) => `${serverText(one.server)}: ${one.why}`).join('; ');
    faults.push({ status: 'unknown', why: `not every name server of ${zone} told the NS set: ${said}`, fix });
  }
  return faults;
}

function placeFaults({ zone, child }: Delegation, { names, addresses }: OldMailHost): DelegationFault[] {
  const there = child.find(({ server }) => names.includes(server.name) || addresses.includes(server.address));
  if (there === undefined) return [];
  const why = `a name server of ${zone}, ${serverText(there.server)}, is at the old mail host`;
  return [{ status: 'amber', why, fix: 'do not shut the old host down before the zone is served elsewhere' }];
}

function list(records: readonly string[]): string {
  return records.length === 0 ? 'none' : records.join(', ');
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
