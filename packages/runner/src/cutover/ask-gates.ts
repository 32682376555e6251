import {
  type Backlog,
  type ChangeGroup,
  type CutoverFacts,
  type CutoverSituation,
  gatesOf,
  nextGroups,
  type Rehearsal,
  rrsetKey,
  viewsOf,
} from '@mxodus/engine';
import { type DnsProvider, type Gate, MxodusError } from '@mxodus/model';
import { recentFacts } from './gather-facts.ts';
import type { LookPorts } from './ports.ts';

/**
 * ask: questions whose answers are older than ten minutes are asked again · known: the last answers, whatever their age, asked for only
 * where there are none · read: the last answers, and none where nothing was asked yet.
 */
export type FactsMode = 'ask' | 'known' | 'read';

/** Every gate, with the provider rehearsed and the backlog asked for now. */
export async function askGates(
  situation: CutoverSituation,
  ports: LookPorts,
  { facts: mode, signal }: { facts: FactsMode; signal: AbortSignal },
): Promise<Gate[]> {
  const { plan } = situation;
  const [facts, backlog, rehearsals] = await Promise.all([
    askFacts(situation, ports, { facts: mode, signal }),
    askBacklog(ports, signal),
    Promise.all(groupsToRehearse(situation).map((group) => rehearse(group, ports, signal))),
  ]);
  return gatesOf({ ...situation, rehearsals, backlog, facts, waivers: plan.settings.waive });
}

async function askFacts(
  { plan }: CutoverSituation,
  ports: LookPorts,
  { facts, signal }: { facts: FactsMode; signal: AbortSignal },
): Promise<CutoverFacts | null> {
  const last = facts === 'ask' ? null : await ports.facts.read();
  return last !== null || facts === 'read' ? last : recentFacts(plan, ports, signal);
}

/** What comes next for each RRset. Of a change that is half made what is left: the rest is not what it was before any more. */
function groupsToRehearse({ plan, progress, sight }: CutoverSituation): ChangeGroup[] {
  const { ttl } = plan.settings;
  const views = plan.domains.flatMap((domain) => viewsOf(domain, progress, { sight, ttl }));
  const made = new Set(views.filter(({ seen }) => seen === 'pending').map(rrsetKey));
  return nextGroups(plan.domains, ttl, progress)
    .map((group) => ({ ...group, changes: group.changes.filter((change) => !made.has(rrsetKey(change))) }))
    .filter(({ changes }) => changes.length > 0);
}

/** Nobody said no. Without its secret a provider was not even asked. */
const NOT_ASKED: ReadonlySet<MxodusError['code']> = new Set(['DNS_UNREACHABLE', 'DNS_ANSWER', 'SECRET_MISSING']);

async function rehearse(group: ChangeGroup, ports: LookPorts, signal: AbortSignal): Promise<Rehearsal> {
  const { zone } = group;
  try {
    const provider = await providerOf(group, ports);
    const answer = await provider.rehearse(group.changes, signal);
    const { minTtl, atomic, compareAndSwap } = provider.capabilities;
    if (answer === 'allowed') return { kind: 'allowed', zone, minTtl, atomic, compareAndSwap };
    const why =
      'the key is right, but whether it may make the change is not known: the records are not what was expected';
    return { kind: 'unknown', zone, why, fix: 'see G15' };
  } catch (error) {
    if (!(error instanceof MxodusError) || signal.aborted) throw error;
    const kind = NOT_ASKED.has(error.code) ? 'unknown' : 'refused';
    return { kind, zone, why: `${error.what}: ${error.why}`, fix: error.advice };
  }
}

/** Domains of one zone have one provider. */
export function providerOf(group: ChangeGroup, ports: LookPorts): Promise<DnsProvider> {
  return ports.providerFor(group.domain);
}

async function askBacklog(ports: LookPorts, signal: AbortSignal): Promise<Backlog> {
  try {
    return { kind: 'known', mailboxes: await ports.backlog(signal) };
  } catch (error) {
    if (!(error instanceof MxodusError) || signal.aborted) throw error;
    return { kind: 'unknown', why: `${error.what}: ${error.why}` };
  }
}
