import { z } from 'zod';
import type { JournalEntry } from './cutover-journal.ts';
import { CHANGE_PHASES, CUTOVER_STATES } from './cutover-states.ts';
import { RR_TYPES } from './dns.ts';
import { lateMailSchema } from './late-mail.ts';

export const gateSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  status: z.enum(['green', 'amber', 'red', 'unknown']),
  why: z.string(),
  fix: z.string(),
  /** Set where a waiver lets it pass although it is red or unknown. */
  waived: z.strictObject({ by: z.string(), until: z.string(), why: z.string() }).optional(),
});

export type Gate = z.output<typeof gateSchema>;

/** `cutover status --json`: one line. */
export const cutoverStatusSchema = z.strictObject({
  v: z.literal(1),
  type: z.literal('cutover_status'),
  state: z.enum(CUTOVER_STATES),
  done: z.boolean(),
  waiting_for: z.string(),
  until: z.string().nullable().describe('RFC 3339'),
  release: z.string(),
  rollback_cost: z.string(),
  held: z.boolean(),
  gates: z.array(gateSchema),
});

export type CutoverStatus = z.output<typeof cutoverStatusSchema>;

const instant = z.string().nullable().describe('RFC 3339');
const eventRrset = z.strictObject({ ttl: z.int(), records: z.array(z.string()).readonly() });

/** What happens during `cutover run`; with `--json` each is one line, beside the events of its passes. */
export const cutoverEventSchema = z.discriminatedUnion('type', [
  /** A line was added to the journal. */
  z.strictObject({
    type: z.literal('cutover_entry'),
    seq: z.int(),
    time: z.string(),
    state: z.enum(CUTOVER_STATES),
    event: z.string(),
    facts: z.record(z.string(), z.unknown()),
    prev: z.string(),
  }),
  z.strictObject({ type: z.literal('cutover_gates'), state: z.enum(CUTOVER_STATES), gates: z.array(gateSchema) }),
  z.strictObject({
    type: z.literal('cutover_change'),
    phase: z.enum(CHANGE_PHASES),
    zone: z.string(),
    name: z.string(),
    rrtype: z.enum(RR_TYPES),
    before: eventRrset,
    after: eventRrset,
  }),
  z.strictObject({
    type: z.literal('cutover_waiting'),
    state: z.enum(CUTOVER_STATES),
    waiting_for: z.string(),
    until: instant,
    release: z.string(),
    rollback_cost: z.string(),
  }),
  z.strictObject({
    type: z.literal('cutover_instructions'),
    phase: z.enum(CHANGE_PHASES),
    zone: z.string(),
    text: z.string(),
  }),
  /**
   * What a caching resolver serves of an RRset that changes with the switch: evidence, never a gate. It is asked several times, for it may
   * be many: the oldest answer counts. `ttl`: the most seconds that remain of it; `flips_at`: when they are over.
   */
  z.strictObject({
    type: z.literal('cutover_resolver'),
    resolver: z.string(),
    domain: z.string(),
    name: z.string(),
    rrtype: z.enum(RR_TYPES),
    serves: z.enum(['old', 'new', 'other', 'unknown']),
    ttl: z.int().nullable(),
    flips_at: instant,
  }),
  z.strictObject({ type: z.literal('cutover_notice'), text: z.string() }),
  /** The drain fetched a message from an old server: a line of the late-mail ledger. */
  z.strictObject({ type: z.literal('late_mail'), ...lateMailSchema.omit({ v: true }).shape }),
]);

type CutoverLine = z.output<typeof cutoverEventSchema>;

/** `cutoverEventSchema` with the facts of each journal entry known. */
export type CutoverEvent = Exclude<CutoverLine, { type: 'cutover_entry' }> | ({ type: 'cutover_entry' } & JournalEntry);
