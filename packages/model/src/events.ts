import { z } from 'zod';
import { bucketsSchema } from './buckets.ts';

/**
 * What happens during a command. The views render them; with `--json` each is one line, with `v` and `time` added.
 * Fields stay; readers ignore the ones they do not know. Subjects, addresses of others and bodies never appear.
 */

const mailbox = z.string().describe('source address');
const folder = z.string().describe('source folder');

const errorEvent = z.strictObject({
  type: z.literal('error'),
  code: z.string(),
  where: z.string().nullable(),
  what: z.string(),
  why: z.string(),
  do: z.string(),
});

const alteration = z.strictObject({
  type: z.literal('alteration'),
  mailbox,
  folder,
  uid: z.int().nullable(),
  what: z.string(),
  why: z.string(),
});

const notMoved = z.strictObject({
  type: z.literal('not_moved'),
  mailbox,
  folder,
  uid: z.int(),
  bucket: z.enum(['cannot', 'failed', 'in_doubt']),
  bytes: z.int(),
  why: z.string(),
});

const difference = z.strictObject({
  type: z.literal('difference'),
  mailbox,
  folder,
  uid: z.int().nullable().describe('at the source; null for a message only the destination has'),
  destination_folder: z.string(),
  destination_uid: z.int().nullable(),
  kind: z.enum(['missing', 'extra', 'bytes', 'header', 'flags', 'internal_date', 'folder', 'count']),
  detail: z.string(),
});

export const eventSchema = z.discriminatedUnion('type', [
  errorEvent,
  alteration,
  notMoved,
  difference,
  z.strictObject({
    type: z.literal('server_checked'),
    server: z.string(),
    host: z.string(),
    tls: z.string(),
    product: z.string().nullable(),
    capabilities: z.array(z.string()),
    append_limit: z.int().nullable(),
    connections: z.int(),
    connections_per_mailbox: z.int(),
    writes_by: z.string().nullable().describe('how messages would be appended; null for a source'),
  }),
  z.strictObject({
    type: z.literal('service_checked'),
    service: z.enum(['ledger', 'queue']).describe('what a fleet has besides mail servers'),
    product: z.string(),
    version: z.string().nullable(),
    tls: z.boolean(),
    warnings: z.array(z.string()),
  }),
  z.strictObject({
    type: z.literal('tenant_checked'),
    server: z.string(),
    tenant: z.string(),
    ok: z.boolean().describe('a token was given, and what cannot be done without was granted'),
    permissions: z.array(
      z.strictObject({
        name: z.string(),
        need: z.enum(['required', 'recommended', 'audit', 'writer']),
        state: z.enum(['granted', 'unproven', 'missing']).describe('`unproven`: perhaps for some mailboxes only'),
        why: z.string(),
      }),
    ),
    free_licences: z.int().nullable().describe('seats left that come with a mailbox; null: not known'),
  }),
  z.strictObject({
    type: z.literal('tenant_probed'),
    server: z.string(),
    user: z.string().describe('whose mailbox the test message was written to, and removed from'),
    writer: z.enum(['graph-json', 'graph-importmime']),
    ok: z.boolean(),
    faults: z.array(z.strictObject({ fault: z.string(), words: z.string() })),
  }),
  z.strictObject({
    type: z.literal('login_checked'),
    mailbox,
    role: z.enum(['source', 'destination']),
    server: z.string(),
    user: z.string(),
    ok: z.boolean(),
    folders: z.int(),
    messages: z.int(),
  }),
  z.strictObject({ type: z.literal('mailbox_audited'), mailbox, messages: z.int(), bytes: z.int(), folders: z.int() }),
  z.strictObject({
    type: z.literal('mailbox_started'),
    mailbox,
    source_messages: z.int(),
    known: z.int().describe('messages settled by earlier passes'),
    in_doubt: z.int().describe('messages that will be looked up first'),
    append_only: z.boolean(),
  }),
  z.strictObject({
    type: z.literal('progress'),
    mailbox,
    folder: z.string().describe('source folder; empty in a fleet'),
    done: z.int().describe('settled messages of the mailbox'),
    source_messages: z.int(),
    bytes: z.int().describe('moved by this pass'),
    worker: z.string().optional().describe('in a fleet: the worker that has the mailbox'),
  }),
  z.strictObject({
    type: z.literal('waiting'),
    mailbox,
    why: z.string(),
    until: z.string().nullable().describe('null: not known'),
    over: z.boolean().describe('the wait is over'),
  }),
  z.strictObject({
    type: z.literal('folder_finished'),
    mailbox,
    folder,
    destination_folder: z.string(),
    rung: z
      .enum(['unchanged', 'qresync', 'condstore', 'flag-diff', 'full-scan'])
      .describe('how the changes were found'),
    rows_read: z.int().describe('FETCH rows it took to find them'),
    moves: z.int().describe('messages moved at the destination because they were at the source'),
    deletes: z.int().describe('messages deleted at the destination because they were at the source'),
    source_messages: z.int(),
    buckets: bucketsSchema,
  }),
  z.strictObject({
    type: z.literal('mailbox_finished'),
    mailbox,
    source_messages: z.int(),
    buckets: bucketsSchema,
    flags_changed: z.int(),
    destination_writes: z.int(),
    bytes: z.int(),
    exit_code: z.int(),
  }),
  z.strictObject({
    type: z.literal('mailbox_verified'),
    mailbox,
    level: z.enum(['counts', 'headers', 'bytes']),
    compared: z.int(),
    differences: z.int(),
    only_at_destination: z.int(),
  }),
  z.strictObject({
    type: z.literal('mailbox_status'),
    mailbox,
    phase: z.enum(['planned', 'syncing', 'in step', 'cut over']),
    health: z.enum(['ok', 'waiting', 'needs you', 'failed']),
    moved: z.int(),
    source_messages: z.int().describe('without the excluded ones; by the plan until a pass was complete'),
    lag: z.int().describe('messages that no pass has come to yet'),
    not_moved: z.int(),
    in_doubt: z.int(),
    last_complete_pass: z.string().nullable(),
    running_since: z.string().nullable(),
    error: z.string().nullable().describe('what ended the last pass early'),
    waiting: z
      .strictObject({ why: z.string(), until: z.string().nullable().describe('null: not known') })
      .nullable()
      .describe('what the mailbox waits for at the moment'),
  }),
]);

export type MxodusEvent = z.output<typeof eventSchema>;
export type EventOf<T extends MxodusEvent['type']> = Extract<MxodusEvent, { type: T }>;
export type Emit = (event: MxodusEvent) => void;

/** The last line of every `--json` stream; commands add fields of their own. */
export const syncSummarySchema = z.strictObject({
  v: z.literal(1),
  type: z.literal('summary'),
  command: z.string(),
  exit_code: z.int(),
  source_messages: z.int(),
  buckets: bucketsSchema,
  destination_writes: z.int(),
  bytes: z.int(),
  duration_ms: z.int(),
});
