import {
  type Backlog,
  type ChangeGroup,
  type CutoverSituation,
  gatesOf,
  nextGroups,
  type Rehearsal,
} from '@mxodus/engine';
import { type DnsProvider, type Gate, MxodusError } from '@mxodus/model';
import type { LookPorts } from './ports.ts';

/** Every gate, with the provider rehearsed and the backlog asked for now. */
export async function askGates(situation: CutoverSituation, ports: LookPorts, signal: AbortSignal): Promise<Gate[]> {
  const { plan, progress } = situation;
  const groups = nextGroups(plan.domains, plan.settings.ttl, progress);
  const rehearsals = await Promise.all(groups.map((group) => rehearse(group, ports, signal)));
  return gatesOf({ ...situation, rehearsals, backlog: await askBacklog(ports, signal) });
}

async function rehearse(group: ChangeGroup, ports: LookPorts, signal: AbortSignal): Promise<Rehearsal> {
  const { zone } = group;
  try {
    const provider = await providerOf(group, ports);
    const answer = await provider.rehearse(group.changes, signal);
    if (answer === 'allowed') return { kind: 'allowed', zone, minTtl: provider.capabilities.minTtl };
    const why =
      'the key is right, but whether it may make the change is not known: the records are not what was expected';
    return { kind: 'unknown', zone, why, fix: 'see G15' };
  } catch (error) {
    if (!(error instanceof MxodusError) || signal.aborted) throw error;
    const kind = error.code === 'DNS_UNREACHABLE' || error.code === 'DNS_ANSWER' ? 'unknown' : 'refused';
    return { kind, zone, why: `${error.what}: ${error.why}`, fix: error.advice };
  }
}

/** Domains of one zone have one provider. */
export function providerOf(group: ChangeGroup, ports: LookPorts): Promise<DnsProvider> {
  return ports.providerFor(group.changes[0]?.domain ?? group.zone);
}

async function askBacklog(ports: LookPorts, signal: AbortSignal): Promise<Backlog> {
  try {
    return { kind: 'known', mailboxes: await ports.backlog(signal) };
  } catch (error) {
    if (!(error instanceof MxodusError) || signal.aborted) throw error;
    return { kind: 'unknown', why: `${error.what}: ${error.why}` };
  }
}
