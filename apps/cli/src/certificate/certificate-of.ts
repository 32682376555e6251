import type { CutoverEvent, CutoverState, JournalEntry, LateMail, Plan } from '@mxodus/model';
import { mxRrset } from '@mxodus/model';
import { summariseCanaries } from './canary-summary.ts';
import type { Certificate } from './certificate-schema.ts';
import {
  approvalsOf,
  auditOf,
  changesOf,
  entriesOfPlan,
  holdsOf,
  passesOf,
  rollbackOf,
  routingOf,
  statesOf,
  waitsOf,
} from './journal-summary.ts';
import { summariseLateMail } from './late-mail-summary.ts';
import { verdictOf } from './verdict-of.ts';

export interface CertificateInputs {
  plan: Plan;
  /** Every change of the plan, those of a rollback too. */
  planned: readonly Extract<CutoverEvent, { type: 'cutover_change' }>[];
  /** Of the whole journal, its chain verified. */
  entries: readonly JournalEntry[];
  /** SHA-256 of its last line; null: there is none. */
  digest: string | null;
  lateMail: readonly LateMail[];
  /** Messages altered on the way, by the ledger; null: not read. */
  alterations: number | null;
  /** Of mxodus. */
  version: string;
  now: Date;
}

/** What can be proven of a cutover. Pure: nothing is asked, and what the journal does not say is not said. */
export function certificateOf(inputs: CertificateInputs): Certificate {
  const { plan, digest, alterations } = inputs;
  const entries = entriesOfPlan(inputs.entries, plan.sha256);
  const state = entries.at(-1)?.state ?? 'DRAFT';
  const canaries = summariseCanaries(entries);
  const lateMail = summariseLateMail(entries.length === 0 ? [] : inputs.lateMail);
  const passes = passesOf(entries);
  const planned = inputs.planned.map(({ rrtype, ...change }) => ({ ...change, type: rrtype }));
  return {
    v: 1,
    type: 'cutover_report',
    made_at: inputs.now.toISOString(),
    mxodus: inputs.version,
    project: plan.project,
    plan: { sha256: plan.sha256, created_at: plan.created_at, mxodus: plan.mxodus },
    domains: plan.domains.map(({ domain, zone, provider, before, after }) => ({
      ...{ domain, zone, provider, before: mxRrset(before), after: mxRrset(after) },
    })),
    state,
    verdict: verdictOf({ state, begun: entries.length > 0, canaries, passes }),
    canaries,
    late_mail: lateMail,
    passes,
    states: statesOf(entries),
    waits: waitsOf(entries),
    changes: changesOf(entries, planned),
    approvals: approvalsOf(entries),
    ...auditOf(entries),
    holds: holdsOf(entries),
    rollback: rollbackOf(entries),
    routing: routingOf(entries),
    alterations,
    journal: {
      entries: entries.length,
      lines: inputs.entries.length,
      digest,
      chain: inputs.entries.length === 0 ? 'empty' : 'verified',
    },
    not_measured: notMeasured({ entries, state, canaries, alterations, journal: inputs.entries }),
  };
}

const AFTER_THE_SWITCH: ReadonlySet<CutoverState> = new Set([
  'PROPAGATING',
  'VERIFIED',
  'DRAINING',
  'RESTORED',
  'CLOSED',
]);

function notMeasured(of: {
  entries: readonly JournalEntry[];
  journal: readonly JournalEntry[];
  state: CutoverState;
  canaries: Certificate['canaries'];
  alterations: number | null;
}): string[] {
  const { entries, journal, state, canaries, alterations } = of;
  const gates = auditOf(entries).gates.filter(({ status }) => status === 'unknown');
  const texts = ['how many mails strangers sent: only test mails can be counted at both ends'];
  if (entries.length === 0 && journal.length > 0) texts.push('anything of this plan: the journal is of another one');
  if (AFTER_THE_SWITCH.has(state) && canaries.sent === 0) {
    texts.push('whether mail arrives at the new servers: no test mail was sent (`cutover.probe.canary`)');
  }
  if (gates.length > 0) texts.push(`gates that were unknown at the audit: ${gates.map(({ id }) => id).join(', ')}`);
  if (alterations === null) texts.push('whether messages were altered on the way: there is no ledger to read');
  return texts;
}
