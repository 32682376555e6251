import type { Gate } from '@mxodus/model';
import { changesAnything, lowTtl, switchedRrsets } from '../change-groups.ts';
import type { GateInputs, Rehearsal } from './gate.ts';

/** G2: the provider can make the changes that come next, as safely as it says it can. */
export function providerGate(inputs: GateInputs): Gate {
  const { rehearsals } = inputs;
  const gate = { id: 'G2', name: 'provider' };
  const refused = rehearsals.find((rehearsal) => rehearsal.kind === 'refused');
  if (refused !== undefined) {
    return { ...gate, status: 'red', why: `${refused.zone}: ${refused.why}`, fix: refused.fix };
  }
  const unknown = rehearsals.find((rehearsal) => rehearsal.kind === 'unknown');
  if (unknown !== undefined) {
    return { ...gate, status: 'unknown', why: `${unknown.zone}: ${unknown.why}`, fix: unknown.fix };
  }
  const allowed = rehearsals.filter((rehearsal) => rehearsal.kind === 'allowed');
  return { ...gate, ...(tooLow(inputs, allowed) ?? weakness(allowed) ?? able(inputs)) };
}

type Verdict = Pick<Gate, 'status' | 'why' | 'fix'>;
type Allowed = Extract<Rehearsal, { kind: 'allowed' }>;

/** Only while something has still to get the low TTL. */
function tooLow({ plan, progress }: GateInputs, allowed: readonly Allowed[]): Verdict | null {
  if (progress.rollingBack !== null || progress.switchedAt !== null) return null;
  for (const { zone, minTtl } of allowed) {
    const rrsets = plan.domains.filter((domain) => domain.zone === zone).flatMap(switchedRrsets);
    const low = Math.min(...rrsets.map((rrset) => lowTtl(rrset, plan.settings.ttl)));
    if (low >= minTtl) continue;
    const why = `${zone}: the provider allows no TTL below ${minTtl} s`;
    const fix =
      plan.settings.ttl < minTtl
        ? `set cutover.ttl to ${minTtl} or more`
        : `a record of the zone has a TTL of ${low} s: raise it to ${minTtl}, then plan again`;
    return { status: 'red', why, fix };
  }
  return null;
}

function weakness(allowed: readonly Allowed[]): Verdict | null {
  const weak = allowed.find(({ compareAndSwap }) => !compareAndSwap);
  if (weak === undefined) return null;
  const partly = weak.atomic ? '' : ', and changes one RRset after the other: cut off between, the run makes the rest';
  return {
    status: 'amber',
    why: `${weak.zone}: the provider does not compare before it changes: an edit by somebody else in the second between look and change would be overwritten${partly}`,
    fix: 'let nobody else edit the zone while the cutover runs',
  };
}

function able({ plan, rehearsals }: GateInputs): Verdict {
  if (rehearsals.length > 0) return { status: 'green', why: 'the provider may make the next change', fix: '' };
  const why = plan.domains.some(changesAnything) ? 'nothing is left to change' : 'nothing has to be changed';
  return { status: 'green', why, fix: '' };
}
