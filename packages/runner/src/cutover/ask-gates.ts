import {
  type Backlog,
  type ChangeGroup,
  type CutoverFacts,
  type CutoverPlan,
  type CutoverSituation,
  closedGates,
  gatesOf,
  nextGroups,
  type Rehearsal,
  rrsetKey,
  viewsOf,
} from '@mxodus/engine';
import { type DnsProvider, type Gate, MxodusError } from '@mxodus/model';
import { gatherFacts, recentFacts } from './gather-facts.ts';
import type { LookPorts } from './ports.ts';

/**
 * anew: everything is asked · ask: answers of the last minutes do, but where they close a gate · known: the last answers, whatever their
 * age, asked for only where there are none · read: the last answers, and none where nothing was asked yet.
 */
export type FactsMode = 'anew' | 'ask' | 'known' | 'read';

/** Polls between two questions to a host that closed a gate: what was repaired is seen soon, and nobody is asked without end. */
const POLLS_BETWEEN = 6;

/** Every gate, with the provider rehearsed and the backlog asked for now. */
export async function askGates(
  situation: CutoverSituation,
  ports: LookPorts,
  { facts: mode, signal }: { facts: FactsMode; signal: AbortSignal },
): Promise<Gate[]> {
  const { plan } = situation;
  const [first, backlog, rehearsals] = await Promise.all([
    askFacts(plan, ports, { facts: mode, signal }),
    askBacklog(ports, signal),
    Promise.all(groupsToRehearse(situation).map((group) => rehearse(group, ports, signal))),
  ]);
  const judge = (facts: CutoverFacts | null): Gate[] =>
    gatesOf({ ...situation, rehearsals, backlog, facts, waivers: plan.settings.waive });
  const gates = judge(first);
  const isOld = first !== null && ports.now() - first.at > POLLS_BETWEEN * plan.settings.poll;
  return mode === 'ask' && isOld && closedGates(gates).length > 0
    ? judge(await gatherFacts(plan, ports, signal))
    : gates;
}

async function askFacts(
  plan: CutoverPlan,
  ports: LookPorts,
  { facts, signal }: { facts: FactsMode; signal: AbortSignal },
): Promise<CutoverFacts | null> {
  switch (facts) {
    case 'anew':
      return gatherFacts(plan, ports, signal);
    case 'ask':
      return recentFacts(plan, ports, signal);
    case 'known':
      return (await ports.facts.read()) ?? gatherFacts(plan, ports, signal);
    case 'read':
      return ports.facts.read();
  }
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
