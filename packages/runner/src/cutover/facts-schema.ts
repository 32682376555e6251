import type { CutoverFacts } from '@mxodus/engine';
import type { Delegation, LookupResult, RcptAnswer, SmtpGreeting } from '@mxodus/model';
import { z } from 'zod';

/** The facts as they are kept in a file. */

const texts = z.array(z.string());
const rrset = z.object({ ttl: z.number(), records: texts });

const lookup: z.ZodType<LookupResult> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('answer'), ttl: z.number(), records: texts, secure: z.boolean() }),
  z.object({ kind: z.literal('absent'), negativeTtl: z.number().nullable() }),
  z.object({ kind: z.literal('error'), why: z.string() }),
]);

const byName = z.record(z.string(), lookup);

const delegation: z.ZodType<Delegation> = z.object({
  zone: z.string(),
  parent: rrset.nullable(),
  child: z.array(
    z.object({
      server: z.object({ name: z.string(), address: z.string(), port: z.number() }),
      ns: rrset.nullable(),
      why: z.string().nullable(),
    }),
  ),
  ds: rrset.nullable(),
  validates: z.boolean().nullable(),
  why: z.string().nullable(),
});

const rcpt: z.ZodType<RcptAnswer> = z.discriminatedUnion('kind', [
  z.object({ kind: z.enum(['accepted', 'refused', 'later']), code: z.number(), text: z.string() }),
  z.object({ kind: z.literal('unasked'), why: z.string() }),
]);

const certificate = z.object({
  names: texts,
  validTo: z.number(),
  fault: z.string().nullable(),
  sha256: z.string(),
  publicKeySha256: z.string(),
});

const greeting: z.ZodType<SmtpGreeting> = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('greeted'),
    banner: z.string(),
    ehlo: z.string(),
    extensions: texts,
    sizeLimit: z.number().nullable(),
    tls: z.union([z.object({ version: z.string(), certificate }), z.string()]).nullable(),
  }),
  z.object({ kind: z.literal('unreachable'), blocked: z.boolean(), why: z.string() }),
]);

const recipients = z.object({
  answers: z.array(z.object({ address: z.string(), host: z.string(), answer: rcpt })),
  controls: z.array(z.object({ domain: z.string(), host: z.string(), answer: rcpt })),
  unreachable: z.array(z.object({ domain: z.string(), why: z.string() })),
});

const host = z.object({
  host: z.string(),
  domains: texts,
  largestMessage: z.number().nullable(),
  alias: lookup,
  a: lookup,
  aaaa: lookup,
  tlsa: lookup,
  addresses: z.array(
    z.object({
      address: z.string(),
      ptr: lookup,
      forward: lookup,
      greeting,
      listed: z.array(z.object({ list: z.string(), result: lookup })),
    }),
  ),
});

const mailAuth = z.object({
  domain: z.string(),
  txt: lookup,
  spfIncludes: byName,
  dmarc: lookup,
  dkim: byName,
  mtaSts: z.object({
    txt: lookup,
    policy: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('policy'), text: z.string() }),
      z.object({ kind: z.literal('none') }),
      z.object({ kind: z.literal('error'), why: z.string() }),
    ]),
    addresses: texts,
  }),
  tlsRpt: lookup,
  wildcard: lookup,
  address: lookup,
  oldAddresses: texts,
  newAddresses: z.record(z.string(), texts),
});

const routing = z.object({
  domain: z.string(),
  state: z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('known'),
      set: z.enum(['auto', 'local', 'secondary', 'remote']),
      effective: z.enum(['local', 'secondary', 'remote']).nullable(),
    }),
    z.object({ kind: z.literal('unknown'), why: z.string() }),
  ]),
});

export const factsSchema: z.ZodType<CutoverFacts> = z.object({
  at: z.number(),
  delegations: z.array(delegation),
  recipients: recipients.nullable(),
  hosts: z.array(host).nullable(),
  mailAuth: z.array(mailAuth),
  routing: z.array(routing).nullable(),
});
