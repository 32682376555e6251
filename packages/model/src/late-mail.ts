import { z } from 'zod';

/**
 *   cause         the mail came late because
 *   cache         its sender's resolver still held the old MX: it came within the TTL, or soon after
 *   sticky        the same, long after every cache should have let go: a resolver or sender that does not honour TTLs
 *   backup-mx     it came through a host that relays for the domain (an old backup MX, a gateway)
 *   hard-coded    its sender has the old host's name in its settings (printer, web form, CRM)
 *   local         the old host, or another customer of it, delivered it locally
 *   stale-client  not received at all: somebody's mail program still writes into the old mailbox (Sent, Drafts)
 *   canary        one of our own test mails
 *   unknown       none of these fits
 */
export const LATE_CAUSES = [
  'cache',
  'sticky',
  'backup-mx',
  'hard-coded',
  'local',
  'stale-client',
  'canary',
  'unknown',
] as const;

/** A line of `.mxodus/<project>/late-mail.ndjson`: a message the drain fetched from an old server. No subject, no body. */
export const lateMailSchema = z.strictObject({
  v: z.literal(1),
  mailbox: z.string().describe('source address'),
  folder: z.string().describe('source folder'),
  uid_validity: z.int(),
  uid: z.int(),
  message_id: z.string().nullable(),
  sender: z.string().describe('envelope sender (Return-Path), else the From address; "" where there is none'),
  /** RFC 3339 in UTC with milliseconds: at the old server (INTERNALDATE), and when the first host took it (its Received line). */
  received: z.string().nullable(),
  submitted: z.string().nullable(),
  /** Milliseconds from the switch until it reached the old server. */
  after_switch_ms: z.int().nullable(),
  path: z.array(z.string()).describe('hosts it came through, first to last (Received: from)'),
  cause: z.enum(LATE_CAUSES),
  why: z.string(),
});

export type LateMail = z.output<typeof lateMailSchema>;
