import { z } from 'zod';
import { cpanelAccount, hostPort } from './config-dns.ts';
import { name } from './config-secret.ts';
import { duration } from './units.ts';

/** The `cutover` of the config: every wait can be set, so that rehearsals and tests run the same code with seconds. */

const address = z.string().regex(/^[^\s@]+@[^\s@]+$/, 'expected an address such as postmaster@example.com');

const localTime = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/, 'expected local time such as 2026-12-05T20:00');

const windowSchema = z
  .union(
    [
      z.literal('now'),
      z.strictObject({
        start: localTime.describe('local time there'),
        end: localTime.optional().describe('local time after which the switch may not happen any more'),
        zone: name.describe('IANA time zone such as Europe/London'),
      }),
    ],
    { error: 'expected `now`, or { start: 2026-12-05T20:00, zone: Europe/London }' },
  )
  .default('now')
  .describe('when the switch may happen: `now`, or a time to wait for');

const probe = z.strictObject({
  smtp_port: z.int().min(1).max(65535).default(25).describe('port of the new MX hosts'),
  helo: name.optional().describe('the name to say in EHLO; default: the name of this machine'),
  from: address.optional().describe('sender of the test mails; default: postmaster@ the domain'),
  canary: z.boolean().default(false).describe('send test mails through the real MX after the switch'),
  canary_to: z.array(address).default([]).describe('who gets them; default: one mailbox of each domain'),
  canary_every: duration.prefault('60s').describe('time between two test mails to one address'),
  recipients: z
    .array(
      z.union([
        address,
        z.strictObject({ file: name.describe('one address a line, or a CSV with a column `address`') }),
      ]),
    )
    .default([])
    .describe('addresses to ask for beside the mailboxes: aliases, lists, forwards'),
  timeout: duration.prefault('30s').describe('how long a mail host is waited for'),
  dnsbl: z.array(name).default([]).describe('block lists to ask about the new hosts; ask through your own resolver'),
  dane: z.boolean().default(false).describe('the new hosts are expected to have TLSA records'),
});

const oldHost = z.strictObject({
  panel: z.literal('cpanel').describe('the control panel of the old host'),
  ...cpanelAccount,
  pin: z
    .enum(['local', 'secondary'])
    .default('local')
    .describe('before the switch: keep late mail there and fetch it, or let the host send it on'),
  ca: name.optional().describe('PEM file of the authority to trust instead of the system ones'),
});

const drainSchema = z.strictObject({
  every: duration.prefault('60s').describe('time between two passes'),
  at_least: duration.prefault('72h').describe('how long it lasts at least'),
  quiet: duration.prefault('48h').describe('how long nothing may arrive at the old host before it ends'),
});

const waiver = z.strictObject({
  gate: z
    .string()
    .regex(/^G\d{1,2}$/, 'expected the id of a gate such as G3')
    .describe('id of the gate'),
  by: name.describe('who answers for it'),
  until: z
    .string()
    .regex(/^\d{4}-\d\d-\d\d$/, 'expected a date such as 2026-12-06')
    .describe('the last day it holds (UTC)'),
  why: name.describe('reason; it is in the report'),
});

export const cutoverSchema = z.strictObject({
  window: windowSchema,
  ttl: z.int().min(1).default(60).describe('seconds: the TTL to lower to before the switch'),
  resolver_floor: duration.prefault('300s').describe('the longest a resolver keeps a record whatever its TTL'),
  slack: duration.prefault('60s').describe('added to every wait'),
  poll: duration.prefault('10s').describe('time between two looks at DNS'),
  resolvers: z.array(hostPort).default([]).describe('caching resolvers to ask as evidence, never as a gate'),
  probe: probe.optional().describe('asking the new mail hosts; left out: they are not asked, and the gates say so'),
  old_host: oldHost
    .optional()
    .describe('the control panel that decides what the old host does with mail of the domain'),
  drain: drainSchema.prefault({}).describe('passes after the switch, for mail that still reached the old host'),
  waive: z.array(waiver).default([]).describe('gates that may stay closed: the only way past one'),
});

export type CutoverConfig = z.output<typeof cutoverSchema>;
export type ProbeConfig = z.output<typeof probe>;
export type OldHostConfig = z.output<typeof oldHost>;
export type WaiverConfig = z.output<typeof waiver>;
