import type { Gate } from '@mxodus/model';
import { moves } from '../change-groups.ts';
import type { RoutingFacts } from '../facts.ts';
import { type Finding, judged, notAsked } from './findings.ts';
import type { GateInputs } from './gate.ts';

const GATE = { id: 'G6', name: 'old-host routing' };

/**
 * G6: until the drain is over the old host must go on taking mail that still reaches it. With `auto` it may begin to refuse it the moment
 * its own copy of the zone names another MX (cPanel, 2026-11).
 */
export function oldRoutingGate({ plan, facts, progress }: GateInputs): Gate {
  if (facts === null) return notAsked(GATE);
  const domains = plan.domains.filter(moves).map(({ domain }) => domain);
  if (domains.length === 0) return judged(GATE, [], 'no domain leaves its old host');
  const { routing } = facts;
  if (routing === null) {
    const why = 'how the old host treats mail after the switch is not known: cutover.old_host is not set';
    const fix =
      'look at it there: cPanel "Email Routing" must be Local (not Automatic) before the switch, and Remote after the drain; ' +
      'Plesk: leave the mail service of the domain on until the drain is over; DirectAdmin: leave "Local mail server" on until then';
    return { ...GATE, status: 'amber', why, fix };
  }
  const pin = plan.settings.old_host?.pin ?? 'local';
  const findings = domains.flatMap((domain) => {
    const found = routing.find((one) => one.domain === domain);
    const missing: Finding = { status: 'unknown', why: `${domain}: the old host was not asked`, fix: 'check again' };
    return found === undefined ? [missing] : findingsOf(found, pin, progress.pinned.has(domain));
  });
  return judged(GATE, findings, 'the old host keeps taking mail, whatever DNS says');
}

function findingsOf({ domain, state }: RoutingFacts, pin: string, isPinned: boolean): Finding[] {
  if (state.kind === 'unknown') {
    const why = `${domain}: the old host does not say how it treats mail: ${state.why}`;
    return [{ status: 'unknown', why, fix: 'correct cutover.old_host, or look at the panel and waive G6' }];
  }
  const { set, effective } = state;
  if (set === 'remote') {
    const why = `${domain}: the old host is set to remote: it refuses mail that still reaches it after the switch`;
    return [{ status: 'red', why, fix: `set it to ${pin} there (cPanel: Email Routing)` }];
  }
  if (set !== 'auto') return [];
  const now = effective === null ? '' : ` (${effective} today)`;
  const why = `${domain}: the old host decides by its own copy of the zone${now}, which a change of the MX can flip`;
  const does = isPinned
    ? `mxodus had set it to ${pin}, and somebody set it back`
    : `the run sets it to ${pin} before the switch`;
  return [{ status: 'amber', why, fix: does }];
}
