import { CHANGE_PHASES, CUTOVER_STATES, DNS_PROVIDERS, LATE_CAUSES, RR_TYPES } from '@mxodus/model';
import { z } from 'zod';

/** `cutover report --json`: one document. Everything in it was measured, or says that it was not. */

const instant = z.string().describe('RFC 3339, UTC');
const rrset = z.strictObject({ ttl: z.int(), records: z.array(z.string()).readonly() });

const verdict = z.strictObject({
  kind: z
    .enum(['proven', 'not-verified', 'lost', 'bounced', 'under-way', 'rolled-back', 'not-begun'])
    .describe('proven: over, and every test mail arrived; not-verified: over, and nothing was measured, or not all'),
  text: z.string(),
});

const canaries = z.strictObject({
  sent: z.int().describe('test mails that left this machine'),
  arrived: z.int(),
  arrived_new: z.int(),
  arrived_old: z.int(),
  bounced: z.int(),
  unsent: z.int().describe('no host took them, or their sending was cut off and they are nowhere: not counted as sent'),
  missing: z.int().describe('sent, and found nowhere so far'),
  slowest_ms: z.int().nullable().describe('null: no time is known'),
  not_arrived: z
    .array(z.strictObject({ id: z.string(), recipient: z.string(), sent_at: instant, why: z.string().nullable() }))
    .describe('those that bounced or are missing'),
});

export const lateMailSummarySchema = z.strictObject({
  fetched: z.int().describe('messages that were fetched from the old servers after the switch, test mails included'),
  by_cause: z.array(z.strictObject({ cause: z.enum(LATE_CAUSES), messages: z.int() })).readonly(),
  last_at: instant.nullable(),
  stale_clients: z
    .array(z.strictObject({ mailbox: z.string(), messages: z.int(), last_at: instant.nullable() }))
    .readonly()
    .describe('mail programs that still write into an old mailbox'),
  machines: z
    .array(
      z.strictObject({
        host: z.string().describe('the last host before the old server; "" where the mail does not say'),
        cause: z.enum(LATE_CAUSES),
        senders: z.array(z.string()).readonly(),
        messages: z.int(),
        last_at: instant.nullable(),
      }),
    )
    .readonly()
    .describe('hosts that still send to the old server'),
});

const change = z.strictObject({
  phase: z.enum(CHANGE_PHASES),
  zone: z.string(),
  rrsets: z.array(z.strictObject({ name: z.string(), type: z.enum(RR_TYPES), before: rrset, after: rrset })),
  approved_by: z.string().nullable().describe('null: the journal does not say'),
  announced_at: instant.nullable(),
  accepted_at: instant.nullable(),
  served_at: instant.nullable().describe('when every authoritative server served it'),
  by_hand: z.boolean(),
  found_live: z.boolean().describe('its answer never came, and it was found made'),
  serial: z.int().nullable(),
  change_id: z.string().nullable().describe('as the provider names it'),
  refusals: z.array(z.string()),
});

const pass = z.strictObject({
  mode: z.enum(['final', 'drain', 'reverse']),
  passes: z.int(),
  incomplete: z.int(),
  moved: z.int(),
  not_moved: z.int().describe('by the last of them'),
  in_doubt: z.int().describe('by the last of them'),
});

export const certificateSchema = z
  .strictObject({
    v: z.literal(1),
    type: z.literal('cutover_report'),
    made_at: instant,
    mxodus: z.string().describe('the version that made this report'),
    project: z.string(),
    plan: z.strictObject({ sha256: z.string(), created_at: instant, mxodus: z.string() }),
    domains: z.array(
      z.strictObject({
        domain: z.string(),
        zone: z.string(),
        provider: z.enum(DNS_PROVIDERS),
        before: rrset.describe('the MX'),
        after: rrset.describe('the MX'),
      }),
    ),
    state: z.enum(CUTOVER_STATES),
    verdict,
    canaries,
    late_mail: lateMailSummarySchema,
    passes: z.array(pass),
    states: z.array(z.strictObject({ state: z.enum(CUTOVER_STATES), at: instant })),
    waits: z.array(
      z.strictObject({
        of: z.string().describe('the phase, or "address of HOST"'),
        from: instant.nullable(),
        until: instant,
        arithmetic: z.string(),
      }),
    ),
    changes: z.array(change),
    approvals: z.array(z.strictObject({ at: instant, by: z.string(), hash_given: z.boolean() })),
    gates: z.array(z.strictObject({ id: z.string(), status: z.string() })).describe('when the run was let begin'),
    waivers: z.array(z.strictObject({ gate: z.string(), by: z.string(), until: z.string(), why: z.string() })),
    holds: z.array(
      z.strictObject({
        at: instant,
        by: z.string(),
        why: z.string(),
        released_at: instant.nullable(),
        released_by: z.string().nullable(),
      }),
    ),
    rollback: z.strictObject({ at: instant, by: z.string(), from: z.enum(CUTOVER_STATES), why: z.string() }).nullable(),
    routing: z.array(z.strictObject({ at: instant, domain: z.string(), routing: z.string(), before: z.string() })),
    alterations: z.int().nullable().describe('messages that were altered on the way; null: the ledger was not read'),
    journal: z.strictObject({
      entries: z.int().describe('of this plan’s last run'),
      lines: z.int(),
      digest: z.string().nullable().describe('SHA-256 of the last line; null: there is no journal'),
      chain: z.enum(['verified', 'empty']),
    }),
    not_measured: z.array(z.string()).describe('what this report cannot say'),
  })
  .meta({ title: 'mxodus cutover report' });

export type Certificate = z.output<typeof certificateSchema>;
export type CertificateChange = z.output<typeof change>;
export type LateMailSummary = z.output<typeof lateMailSummarySchema>;
