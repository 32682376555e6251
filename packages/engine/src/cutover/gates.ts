import type { Gate } from '@mxodus/model';
import { approvalGate } from './gates/approval.ts';
import { backlogGate } from './gates/backlog.ts';
import { bouncesGate } from './gates/bounces.ts';
import { canariesGate } from './gates/canaries.ts';
import { driftGate } from './gates/drift.ts';
import type { GateInputs, OneGate } from './gates/gate.ts';
import { healthGate } from './gates/health.ts';
import { hostsGate } from './gates/hosts.ts';
import { mailAuthGate } from './gates/mail-auth.ts';
import { mxShapeGate } from './gates/mx-shape.ts';
import { oldRoutingGate } from './gates/old-routing.ts';
import { providerGate } from './gates/provider.ts';
import { quietGate } from './gates/quiet.ts';
import { readBackGate } from './gates/read-back.ts';
import { recipientsGate } from './gates/recipients.ts';
import { safeAtGate } from './gates/safe-at.ts';
import { withWaiver } from './gates/waivers.ts';
import { windowGate } from './gates/window.ts';

/** The gates of each state. The numbers are those of facts/dns-cutover section 8; G15 is drift, G16 the shape of the MX set. */
export function gatesOf(inputs: GateInputs): Gate[] {
  return gatesOfState(inputs).map((gate) => {
    // One order of keys, whatever order a gate is put together in: this is printed as JSON.
    const { id, name, status, why, fix, waived } = withWaiver(gate(inputs), inputs.waivers, inputs.now);
    return { id, name, status, why, fix, ...(waived === undefined ? {} : { waived }) };
  });
}

const BEFORE: readonly OneGate[] = [
  healthGate,
  providerGate,
  recipientsGate,
  hostsGate,
  mailAuthGate,
  oldRoutingGate,
  backlogGate,
  safeAtGate,
  windowGate,
  approvalGate,
  driftGate,
  mxShapeGate,
];

function gatesOfState({ progress }: GateInputs): readonly OneGate[] {
  switch (progress.state) {
    case 'DRAFT':
    case 'AUDITED':
    case 'STAGED':
    case 'TTL_LOWERED':
    case 'ARMED':
    case 'FROZEN':
      return BEFORE;
    case 'SWITCHED':
      return [healthGate, providerGate, safeAtGate, readBackGate, quietGate, driftGate];
    case 'PROPAGATING':
    case 'VERIFIED':
    case 'DRAINING':
      return [healthGate, providerGate, safeAtGate, readBackGate, canariesGate, bouncesGate, quietGate, driftGate];
    case 'ROLLING_BACK':
      return [unheld(healthGate), unheld(providerGate), safeAtGate, readBackShown, unheld(driftGate, 'unknown')];
    case 'RESTORED':
    case 'CLOSED':
    case 'ROLLED_BACK':
      return [healthGate, providerGate, driftGate];
  }
}

/** A rollback does not wait until every server is well again: the guard of each change is enough. */
function unheld(gate: OneGate, only?: Gate['status']): OneGate {
  return (inputs) => {
    const found = gate(inputs);
    const isClosed = found.status === 'unknown' || (found.status === 'red' && only === undefined);
    return isClosed ? { ...found, status: 'amber', why: `${found.why}; a rollback does not wait for it` } : found;
  };
}

const readBackShown: OneGate = unheld(readBackGate);
