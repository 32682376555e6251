import { z } from 'zod';

/** The part of a plan that says what will change in DNS. */

const mxRecord = z.strictObject({ host: z.string(), preference: z.int() });

export const mxRrsetSchema = z.strictObject({ ttl: z.int(), records: z.array(mxRecord) });

export const domainPlanSchema = z.strictObject({
  domain: z.string(),
  zone: z.string(),
  provider: z.enum(['rfc2136', 'manual']),
  authoritative: z.array(z.strictObject({ name: z.string(), address: z.string(), port: z.int() })),
  /** The RRset every authoritative server served when the plan was made; no records: there was none. */
  before: mxRrsetSchema,
  /** The RRset to switch to; its TTL is the one of `before` (3600 for a new RRset), restored at the end. */
  after: mxRrsetSchema,
  /** Records the new mail system asks for beside the MX; mxodus does not change them. */
  advised: z
    .array(
      z.strictObject({
        type: z.enum(['TXT', 'CNAME']),
        name: z.string(),
        value: z.string(),
        ttl: z.int(),
        optional: z.boolean(),
      }),
    )
    .optional(),
});

export type DomainPlan = z.output<typeof domainPlanSchema>;

/**
 * The states of a cutover (design: facts/dns-cutover 1.4, thin form). Each is entered by a line in the journal and survives a crash.
 *
 *   state        meaning                                                              next
 *   DRAFT        nothing was changed                                                  AUDITED
 *   AUDITED      gates were green                                                     TTL_LOWERED
 *   TTL_LOWERED  TTL change accepted; once every server serves it the old one runs out ARMED
 *   ARMED        safe_at passed: every cache holds the low TTL                        FROZEN
 *   FROZEN       window open, final delta done                                        SWITCHED
 *   SWITCHED     MX change accepted (of the first zone, where there are several)      PROPAGATING
 *   PROPAGATING  late mail is fetched; every server must serve it, the low TTL runs out DRAINING
 *   DRAINING     append-only passes until quiet; then the TTL goes back               RESTORED
 *   RESTORED     TTL is back on every server; done                                    -
 */
export const CUTOVER_STATES = [
  'DRAFT',
  'AUDITED',
  'TTL_LOWERED',
  'ARMED',
  'FROZEN',
  'SWITCHED',
  'PROPAGATING',
  'DRAINING',
  'RESTORED',
] as const;

export type CutoverState = (typeof CUTOVER_STATES)[number];

const phase = z.enum(['lower', 'switch', 'restore']);
const aboutChange = { phase, zone: z.string() };

/** The three changes a cutover makes to the MX RRsets. */
export type ChangePhase = z.output<typeof phase>;

function entry<Event extends string, Facts extends z.ZodRawShape>(event: Event, facts: Facts) {
  return z.strictObject({
    seq: z.int(),
    time: z.string().describe('RFC 3339'),
    /** The state from this entry on. */
    state: z.enum(CUTOVER_STATES),
    event: z.literal(event),
    facts: z.strictObject(facts),
    prev: z.string().describe('SHA-256 of the line before'),
  });
}

/**
 * A line of `.mxodus/<project>/cutover.ndjson`. It is on disk before the action it announces begins.
 *
 *   event      says                                                           survives a crash as
 *   started    a plan was taken up                                            the plan the journal belongs to
 *   audited    the gates were green; the longest TTL seen                     T_old
 *   sending    this change is about to be sent                                in doubt: the live records decide
 *   asked      a person was asked to make the change                          asked: observed, never sent
 *   refused    nothing was changed: the guard did not hold, or the server said no   not sent
 *   accepted   the provider said yes, or the change was found live            made; never sent again
 *   served     every authoritative server serves it                           t_all
 *   withdrawn  a server went back to the old records                          accepted; t_all counts again
 *   timed      when the records before it are out of every cache              safe_at
 *   passed     a pass of sync ended                                           the drain's count and quiet
 *   entered    a state began that no other entry begins                       the state
 */
export const journalEntrySchema = z.discriminatedUnion('event', [
  entry('started', { plan: z.string(), domains: z.array(z.string()) }),
  entry('audited', { ttl_seen: z.int(), gates: z.record(z.string(), z.string()) }),
  entry('sending', aboutChange),
  entry('asked', { ...aboutChange, instructions: z.string() }),
  entry('refused', { ...aboutChange, why: z.string() }),
  entry('accepted', { ...aboutChange, serial: z.int().nullable(), found_live: z.boolean() }),
  entry('served', aboutChange),
  entry('withdrawn', { ...aboutChange, why: z.string() }),
  entry('timed', { phase, t_all: z.string(), safe_at: z.string(), arithmetic: z.string() }),
  entry('passed', {
    mode: z.enum(['final', 'drain']),
    started: z.string(),
    complete: z.boolean(),
    source_messages: z.int(),
    moved_now: z.int(),
    not_moved: z.int(),
    in_doubt: z.int(),
    problem: z.string().nullable(),
  }),
  entry('entered', {}),
]);

export type JournalEntry = z.output<typeof journalEntrySchema>;

type WithoutPlace<Entry> = Entry extends JournalEntry ? Pick<Entry, 'state' | 'event' | 'facts'> : never;

/** An entry before it has its place in the journal. */
export type JournalNote = WithoutPlace<JournalEntry>;

export const gateSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  status: z.enum(['green', 'amber', 'red', 'unknown']),
  why: z.string(),
  fix: z.string(),
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
const eventRrset = z.strictObject({ ttl: z.int(), records: z.array(mxRecord).readonly() });

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
    phase,
    zone: z.string(),
    domain: z.string(),
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
  z.strictObject({ type: z.literal('cutover_instructions'), phase, zone: z.string(), text: z.string() }),
  /** What a caching resolver serves: evidence, never a gate. `ttl`: the seconds that remain. */
  z.strictObject({
    type: z.literal('cutover_resolver'),
    resolver: z.string(),
    domain: z.string(),
    serves: z.enum(['old', 'new', 'other', 'unknown']),
    ttl: z.int().nullable(),
  }),
  z.strictObject({ type: z.literal('cutover_notice'), text: z.string() }),
]);

type CutoverLine = z.output<typeof cutoverEventSchema>;

/** `cutoverEventSchema` with the facts of each journal entry known. */
export type CutoverEvent = Exclude<CutoverLine, { type: 'cutover_entry' }> | ({ type: 'cutover_entry' } & JournalEntry);
