import type { CutoverFacts, CutoverPlan } from '@mxodus/engine';
import type { Delegation } from '@mxodus/model';
import { noteDelegations } from './dns-history.ts';
import { gatherHosts } from './facts/gather-hosts.ts';
import { gatherMailAuth } from './facts/gather-mail-auth.ts';
import { gatherRecipients } from './facts/gather-recipients.ts';
import { gatherRouting } from './facts/gather-routing.ts';
import type { LookPorts } from './ports.ts';
import { noteAddresses } from './watch-addresses.ts';

/** Answers younger than this are not asked for again: a probe of every address is no thing to do at each look. */
const FRESH_MS = 10 * 60_000;

/** Asks everything the gates want to know beside the live records, at the same time, and keeps it for `status`. Reads only. */
export async function gatherFacts(plan: CutoverPlan, ports: LookPorts, signal: AbortSignal): Promise<CutoverFacts> {
  const at = ports.now();
  const [delegations, recipients, hosts, mailAuth, routing] = await Promise.all([
    gatherDelegations(plan, ports, signal),
    gatherRecipients(plan, ports, signal),
    gatherHosts(plan, ports, signal),
    gatherMailAuth(plan, ports, signal),
    gatherRouting(plan, ports, signal),
  ]);
  const facts: CutoverFacts = { at, delegations, recipients, hosts, mailAuth, routing };
  await noteDelegations(ports.history, delegations, at);
  await noteAddresses({ plan, ports, signal });
  await ports.facts.write(facts);
  return facts;
}

/** The last answers where they are young enough, else new ones. */
export async function recentFacts(plan: CutoverPlan, ports: LookPorts, signal: AbortSignal): Promise<CutoverFacts> {
  const known = await ports.facts.read();
  const age = known === null ? Number.POSITIVE_INFINITY : ports.now() - known.at;
  return known !== null && age >= 0 && age < FRESH_MS ? known : gatherFacts(plan, ports, signal);
}

function gatherDelegations(plan: CutoverPlan, ports: LookPorts, signal: AbortSignal): Promise<Delegation[]> {
  const zones = new Set(plan.domains.map(({ zone }) => zone));
  return Promise.all([...zones].map((zone) => ports.delegation(zone, signal)));
}
