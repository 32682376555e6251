import { z } from 'zod';
import { RR_TYPES } from './dns.ts';

/** The part of a plan that says what will change in DNS. */

const mxRecord = z.strictObject({ host: z.string(), preference: z.int() });

export const mxRrsetSchema = z.strictObject({ ttl: z.int(), records: z.array(mxRecord) });

export const DNS_PROVIDERS = [
  'rfc2136',
  'cloudflare',
  'route53',
  'azure',
  'powerdns',
  'cpanel',
  'exec',
  'manual',
] as const;

export type DnsProviderName = (typeof DNS_PROVIDERS)[number];

const rrset = z.strictObject({
  ttl: z.int(),
  records: z.array(z.string()).describe('canonical text, see docs/cutover.md'),
});

/**
 * Another RRset that changes beside the MX. stage: added before anything else, and harmless then · switch: changes with the MX, in one
 * change where the provider can · restore: changes at the end.
 */
export const rrsetPlanSchema = z.strictObject({
  name: z.string(),
  type: z.enum(RR_TYPES),
  when: z.enum(['stage', 'switch', 'restore']),
  before: rrset,
  after: rrset,
  why: z.string().describe('where it comes from: the config, or the new mail system'),
});

export type RrsetPlan = z.output<typeof rrsetPlanSchema>;

export const domainPlanSchema = z.strictObject({
  domain: z.string(),
  zone: z.string(),
  provider: z.enum(DNS_PROVIDERS),
  authoritative: z.array(z.strictObject({ name: z.string(), address: z.string(), port: z.int() })),
  /** The MX RRset every authoritative server served when the plan was made; no records: there was none. */
  before: mxRrsetSchema,
  /** The MX RRset to switch to; its TTL is the one of `before` (3600 for a new RRset), restored at the end. */
  after: mxRrsetSchema,
  /** What changes beside the MX. */
  others: z.array(rrsetPlanSchema).optional(),
  /** Records the new mail system asks for beside the MX that mxodus does not change. */
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
