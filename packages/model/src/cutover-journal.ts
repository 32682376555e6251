import { z } from 'zod';
import { CHANGE_PHASES, CUTOVER_STATES } from './cutover-states.ts';

const phase = z.enum(CHANGE_PHASES);
const aboutChange = { phase, zone: z.string() };
const person = z.string().describe('who asked, as the machine knows them');
const request = z.string().optional().describe('id of the file it came in, from another terminal');

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
 *   event        says                                                           survives a crash as
 *   started      a plan was taken up                                            the plan the journal belongs to
 *   approved     a run was told to make the changes                             who approved which plan
 *   audited      the gates were green; the longest TTL seen                     T_old
 *   sending      this change is about to be sent                                in doubt: the live records decide
 *   asked        a person was asked to make the change                          asked: observed, never sent
 *   refused      nothing was changed: the guard did not hold, or it was a no    not sent
 *   accepted     the provider said yes, or the change was found live            made; never sent again
 *   served       every authoritative server serves it                           t_all
 *   withdrawn    a server went back to the old records                          accepted; t_all counts again
 *   timed        when the records before it are out of every cache              safe_at
 *   address      the address of an MX host changed; until when caches may       safe_at is not before that
 *                hold the old one
 *   pinned       the old host was told how to route the domain                  undone at CLOSED, or by a rollback
 *   passed       a pass of sync ended                                           the drain's count and quiet
 *   canary_sent  a test mail is about to be sent                                looked for, never sent again
 *   canary_taken the new side, or whoever the MX names, said yes to it           it must arrive: gone is lost
 *   canary_seen  where it was found, or that it bounced                         the certificate's count
 *   held         no change is made and no state is left until it is released    held
 *   released     goes on                                                        not held
 *   rolling_back a person asked for the old state                               the way back
 *   entered      a state began that no other entry begins                       the state
 */
export const journalEntrySchema = z.discriminatedUnion('event', [
  entry('started', { plan: z.string(), domains: z.array(z.string()) }),
  entry('approved', { plan: z.string(), by: person, hash_given: z.boolean() }),
  entry('audited', {
    ttl_seen: z.int(),
    gates: z.record(z.string(), z.string()),
    waived: z
      .array(z.strictObject({ gate: z.string(), by: z.string(), until: z.string(), why: z.string() }))
      .optional(),
  }),
  entry('sending', aboutChange),
  entry('asked', { ...aboutChange, instructions: z.string() }),
  entry('refused', { ...aboutChange, why: z.string() }),
  entry('accepted', {
    ...aboutChange,
    serial: z.int().nullable(),
    change_id: z.string().nullable().optional(),
    found_live: z.boolean(),
  }),
  entry('served', aboutChange),
  entry('withdrawn', { ...aboutChange, why: z.string() }),
  entry('timed', { phase, t_all: z.string(), safe_at: z.string(), arithmetic: z.string() }),
  entry('address', {
    host: z.string(),
    before: z.array(z.string()),
    after: z.array(z.string()),
    safe_at: z.string(),
    arithmetic: z.string(),
  }),
  entry('pinned', { domain: z.string(), routing: z.string(), before: z.string() }),
  entry('passed', {
    mode: z.enum(['final', 'drain', 'reverse']),
    started: z.string(),
    complete: z.boolean(),
    source_messages: z.int(),
    moved_now: z.int(),
    not_moved: z.int(),
    in_doubt: z.int(),
    problem: z.string().nullable(),
  }),
  entry('canary_sent', { id: z.string(), domain: z.string(), recipient: z.string() }),
  entry('canary_taken', { id: z.string() }),
  entry('canary_seen', {
    id: z.string(),
    at: z.enum(['new', 'old', 'bounced', 'unsent']),
    delay_ms: z.int().nullable(),
    why: z.string().nullable(),
  }),
  entry('held', { by: person, why: z.string(), request }),
  entry('released', { by: person, request }),
  entry('rolling_back', { by: person, from: z.enum(CUTOVER_STATES), why: z.string(), request }),
  entry('entered', {}),
]);

export type JournalEntry = z.output<typeof journalEntrySchema>;

type WithoutPlace<Entry> = Entry extends JournalEntry ? Pick<Entry, 'state' | 'event' | 'facts'> : never;

/** An entry before it has its place in the journal. */
export type JournalNote = WithoutPlace<JournalEntry>;

/**
 * What a person asks of a cutover that another process may be running: a file in `.mxodus/<project>/cutover-requests/`, taken up by
 * the run at its next look, or by the command itself where nothing runs.
 */
export const cutoverRequestSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('hold'), by: z.string(), why: z.string() }),
  z.strictObject({ kind: z.literal('release'), by: z.string() }),
  z.strictObject({ kind: z.literal('rollback'), by: z.string(), why: z.string() }),
]);

export type CutoverRequest = z.output<typeof cutoverRequestSchema>;
