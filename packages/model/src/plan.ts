import { z } from 'zod';
import { domainPlanSchema } from './cutover.ts';

/** A plan: the immutable, hashed result of an audit. It fixes decisions, not contents, and holds no secret. */

const quota = z.strictObject({ used_bytes: z.int(), limit_bytes: z.int().nullable() });

const warning = z.strictObject({
  code: z.enum([
    'DOES_NOT_FIT',
    'TOO_LARGE',
    'KEYWORDS_REFUSED',
    'FOLDER_RENAMED',
    'NO_UIDPLUS',
    'DESTINATION_NOT_EMPTY',
    'DNS',
  ]),
  text: z.string(),
});

const folder = z.strictObject({
  source: z.string(),
  destination: z.string(),
  role: z.string().nullable(),
  subscribed: z.boolean(),
  /** Left where it is, by config. */
  excluded: z.boolean(),
  /** Why the name at the destination is another one; null when it is not. */
  renamed: z.string().nullable(),
  uid_validity: z.int(),
  messages: z.int(),
  bytes: z.int(),
});

const messageRef = z.strictObject({ folder: z.string(), uid: z.int(), bytes: z.int() });

const mailbox = z.strictObject({
  address: z.string(),
  source: z.strictObject({ server: z.string(), user: z.string() }),
  destination: z.strictObject({ server: z.string(), user: z.string(), address: z.string() }),
  messages: z.int(),
  bytes: z.int(),
  folders: z.array(folder),
  /** The ten largest messages. */
  largest: z.array(messageRef),
  /** Messages above the destination's APPENDLIMIT: they cannot move. */
  too_large: z.array(messageRef),
  refused_keywords: z.array(z.string()),
  source_quota: quota.nullable(),
  destination_quota: quota.nullable(),
  /** Used space at the destination after the move, as far as it is known. */
  destination_bytes_after: z.int(),
  fits: z.boolean(),
  destination_messages: z.int().describe('messages that were at the destination when the plan was made'),
  /** What the copy relies on; a sync that finds one missing refuses the plan. */
  destination_capabilities: z.array(z.string()),
  append_limit: z.int().nullable(),
  warnings: z.array(warning),
});

const server = z.strictObject({
  kind: z.enum(['imap']),
  host: z.string(),
  port: z.int(),
  tls: z.enum(['implicit', 'starttls', 'none']),
});

export const planSchema = z
  .strictObject({
    v: z.literal(1),
    type: z.literal('plan'),
    project: z.string(),
    created_at: z.string().describe('RFC 3339, UTC'),
    mxodus: z.string().describe('the version that made it'),
    config_sha256: z.string(),
    servers: z.record(z.string(), server),
    mailboxes: z.array(mailbox),
    rules: z.strictObject({
      deletes: z.literal('keep'),
      newest_first: z.boolean(),
      exclude: z.array(z.string()),
      map: z.record(z.string(), z.string()),
    }),
    domains: z.array(domainPlanSchema),
    warnings: z.array(warning),
    sha256: z.string().describe('SHA-256 of the canonical JSON of everything else'),
  })
  .meta({ title: 'mxodus plan' });

export type Plan = z.output<typeof planSchema>;
export type PlanMailbox = z.output<typeof mailbox>;
export type PlanFolder = z.output<typeof folder>;
export type PlanWarning = z.output<typeof warning>;
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
