import { z } from 'zod';
import { domainPlanSchema } from './cutover-plan.ts';

/** A plan: the immutable, hashed result of an audit. It fixes decisions, not contents, and holds no secret. */

const quota = z.strictObject({ used_bytes: z.int(), limit_bytes: z.int().nullable().describe('null: no limit') });

const warning = z.strictObject({
  code: z.enum([
    'DOES_NOT_FIT',
    'TOO_LARGE',
    'KEYWORDS_REFUSED',
    'FOLDER_RENAMED',
    'FOLDER_REFUSED',
    'NAMES_MAY_MEET',
    'NO_UIDPLUS',
    'DESTINATION_NOT_EMPTY',
    'SHARED_DESTINATION',
    'DNS',
    'MAY_BE_TOO_LARGE',
    'SIGN_IN_BLOCKED',
    'ADDRESS',
    'LICENCE',
    'PERMISSION',
    'PROBE',
  ]),
  text: z.string(),
});

const folder = z.strictObject({
  source: z.string().describe('its path at the source'),
  destination: z.string().describe('its path at the destination'),
  role: z.string().nullable().describe('RFC 6154 special use at the source'),
  subscribed: z.boolean().describe('at the source'),
  excluded: z.boolean().describe('left where it is, by the config'),
  renamed: z.string().nullable().describe('why the name at the destination is another one; null when it is not'),
  uid_validity: z.int().describe('at the source'),
  messages: z.int(),
  bytes: z.int(),
});

const messageRef = z.strictObject({ folder: z.string(), uid: z.int(), bytes: z.int() });

const estimate = z.strictObject({
  seconds: z.int().describe('at best: what the limits of the destination alone allow'),
  bottleneck: z
    .enum(['requests', 'upload', 'bytes_per_second', 'bytes_per_day', 'mailboxes'])
    .describe('the limit that decides; `mailboxes`: how many are worked on at once'),
});

const mailbox = z.strictObject({
  address: z.string().describe('source address'),
  source: z.strictObject({ server: z.string(), user: z.string() }),
  destination: z.strictObject({ server: z.string(), user: z.string(), address: z.string() }),
  messages: z.int().describe('in the folders that are not excluded'),
  bytes: z.int().describe('in the folders that are not excluded'),
  folders: z.array(folder).describe('in the order they are moved'),
  largest: z.array(messageRef).describe('the ten largest messages'),
  too_large: z.array(messageRef).describe("messages above the destination's APPENDLIMIT: they cannot move"),
  refused_keywords: z.array(z.string()).describe('flags in use that the destination does not keep'),
  source_quota: quota.nullable().describe('null: the server states none'),
  destination_quota: quota.nullable().describe('null: the server states none'),
  destination_bytes_after: z.int().describe('used space at the destination after the move, as far as it is known'),
  fits: z.boolean().describe('that is within the quota'),
  destination_messages: z.int().describe('messages that were at the destination when the plan was made'),
  destination_capabilities: z
    .array(z.string())
    .describe('what the copy relies on; a sync that finds one missing refuses the plan'),
  append_limit: z.int().nullable().describe('the largest message the destination takes (RFC 7889); null: not stated'),
  estimate: estimate.optional().describe('how long the first copy takes; left out where nothing tells'),
  wave: z.int().optional().describe('see `wave` of the config; left out where no rule gives one'),
  warnings: z.array(warning),
});

const server = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('imap'),
    host: z.string(),
    port: z.int(),
    tls: z.enum(['implicit', 'starttls', 'none']),
  }),
  z.strictObject({
    kind: z.literal('exchange'),
    tenant: z.string().describe('the tenant id of Microsoft Entra'),
    graph_url: z.string(),
    writer: z.enum(['auto', 'graph-json', 'imap-append', 'graph-importmime']),
  }),
]);

const tenant = z.strictObject({
  permissions: z
    .array(z.strictObject({ name: z.string(), state: z.enum(['granted', 'unproven', 'missing']) }))
    .describe('what the app was granted; `unproven`: perhaps for some mailboxes only'),
  free_licences: z.int().nullable().describe('seats left that come with a mailbox; null: not known'),
  probes: z
    .array(
      z.strictObject({
        writer: z.enum(['graph-json', 'graph-importmime']),
        mailbox: z.string().describe('user at the destination'),
        arrival: z
          .enum(['asked-for', 'received-header', 'date-header', 'time-of-writing', 'other'])
          .nullable()
          .describe('where the date of arrival came from'),
        faults: z.array(z.string()).describe('that do not stop the move'),
      }),
    )
    .describe('test messages that were written, read back and removed while the plan was made'),
});

export const planSchema = z
  .strictObject({
    v: z.literal(1),
    type: z.literal('plan'),
    project: z.string(),
    created_at: z.string().describe('RFC 3339, UTC'),
    mxodus: z.string().describe('the version that made it'),
    config_sha256: z.string().describe('of the config it was made from; another one makes it stale'),
    servers: z.record(z.string(), server).describe('where the servers of the config are'),
    mailboxes: z.array(mailbox),
    rules: z
      .strictObject({
        deletes: z.enum(['keep', 'trash', 'mirror']),
        newest_first: z.boolean(),
        exclude: z.array(z.string()),
        map: z.record(z.string(), z.string()),
      })
      .describe('for what comes after the plan: new mail and new folders'),
    domains: z.array(domainPlanSchema).describe('what will change in DNS'),
    tenants: z.record(z.string(), tenant).optional().describe('by server; left out where no mailbox goes to a tenant'),
    estimate: estimate.optional().describe('of all mailboxes; left out where nothing tells'),
    warnings: z.array(warning),
    sha256: z.string().describe('SHA-256 of the canonical JSON of everything else'),
  })
  .meta({ title: 'mxodus plan' });

export type Plan = z.output<typeof planSchema>;
export type PlanMailbox = z.output<typeof mailbox>;
export type PlanFolder = z.output<typeof folder>;
export type PlanWarning = z.output<typeof warning>;
export type PlanEstimate = z.output<typeof estimate>;
export type PlanTenant = z.output<typeof tenant>;
export type PlanServer = z.output<typeof server>;

/** JSON with sorted keys and no spaces (RFC 8785 for the values a plan holds): equal plans have equal text. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value).filter(([, v]) => v !== undefined);
    entries.sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, v]) => `${JSON.stringify(key)}:${canonicalJson(v)}`).join(',')}}`;
  }
  return JSON.stringify(value);
}
