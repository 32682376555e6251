import { z } from 'zod';
import { credential, endpoint } from './config-auth.ts';
import { name, secretSchema } from './config-secret.ts';
import { RR_TYPES } from './dns.ts';
import { duration } from './units.ts';

/** The `domains` of the config: where their mail goes, and who can change their zone. */

export const hostPort = z.string().regex(/^(\[[0-9a-f:.]+\]|[^:\s]+)(:\d{1,5})?$/i, 'expected host or host:port');

/** What every provider has. */
const zone = {
  zone: name.describe('the zone the domain is in'),
  authoritative: z.array(hostPort).min(1).optional().describe('the servers to observe; default: found from the NS set'),
};

/** What every provider that is reached by HTTPS has. */
const api = { ca: name.optional().describe('PEM file of the authority to trust instead of the system ones') };

const rfc2136 = z.strictObject({
  provider: z.literal('rfc2136').describe('dynamic updates: BIND, Knot, PowerDNS, Windows with a TSIG key'),
  server: hostPort.describe('the primary that takes updates, host:port'),
  ...zone,
  tsig: z
    .strictObject({
      name: name.describe('name of the key'),
      algorithm: z.enum(['hmac-sha256', 'hmac-sha512']).default('hmac-sha256').describe('kind of the key'),
      secret: secretSchema.describe('the key, in base64'),
    })
    .describe('the key that signs updates (RFC 8945)'),
});

const cloudflare = z.strictObject({
  provider: z.literal('cloudflare'),
  ...zone,
  token: secretSchema.describe('an API token with Zone.DNS edit for this zone'),
  zone_id: name.optional().describe('id of the zone; default: looked up by its name'),
  url: endpoint.default('https://api.cloudflare.com/client/v4').describe('address of the API'),
  ...api,
});

const route53 = z.strictObject({
  provider: z.literal('route53'),
  ...zone,
  access_key_id: name.describe('id of an access key that may change this hosted zone'),
  secret_access_key: secretSchema.describe('its secret'),
  session_token: secretSchema.optional().describe('for temporary keys'),
  hosted_zone_id: name.optional().describe('id of the hosted zone; default: looked up by its name'),
  url: endpoint.default('https://route53.amazonaws.com').describe('address of the API'),
  ...api,
});

const azure = z.strictObject({
  provider: z.literal('azure'),
  ...zone,
  subscription: name.describe('id of the subscription'),
  resource_group: name.describe('name of the resource group'),
  tenant: name.describe('the tenant id of Microsoft Entra'),
  client_id: name.describe('the id of the app registration; it needs DNS Zone Contributor'),
  credential,
  url: endpoint.default('https://management.azure.com').describe('address of Azure Resource Manager'),
  authority: endpoint.default('https://login.microsoftonline.com').describe('address of the sign-in service'),
  ...api,
});

const powerdns = z.strictObject({
  provider: z.literal('powerdns').describe('the HTTP API of a PowerDNS authoritative server'),
  ...zone,
  url: endpoint.describe('its address, such as https://ns1.example.com:8081'),
  api_key: secretSchema.describe('the key of the API'),
  server_id: name.default('localhost').describe('name of the server in the API'),
  ...api,
});

/** How to sign in to cPanel or WHM. */
export const cpanelAccount = {
  url: endpoint.describe('https://HOST:2083 for cPanel, https://HOST:2087 for WHM'),
  kind: z.enum(['cpanel', 'whm']).default('cpanel').describe('which of the two'),
  user: name.describe('the account, or the reseller'),
  token: secretSchema.describe('an API token'),
};

const cpanel = z.strictObject({
  provider: z.literal('cpanel').describe('the zone editor of cPanel, or of WHM'),
  ...zone,
  ...cpanelAccount,
  ...api,
});

const exec = z.strictObject({
  provider: z.literal('exec').describe('a program of yours: JSON on standard input and output, see docs/cutover.md'),
  ...zone,
  command: z.array(name).min(1).describe('program and arguments; secrets belong in its environment or files'),
  timeout: duration.prefault('60s').describe('how long it may take'),
});

const manual = z
  .strictObject({
    provider: z.literal('manual'),
    ...zone,
    emit: z
      .array(z.enum(['nsupdate', 'zone', 'octodns', 'dnscontrol', 'terraform']))
      .default(['zone', 'nsupdate'])
      .describe('forms to write each change in, beside words'),
  })
  .describe('a person, or a repository, makes the changes; mxodus says which, and watches');

const dnsSchema = z.discriminatedUnion('provider', [
  rfc2136,
  cloudflare,
  route53,
  azure,
  powerdns,
  cpanel,
  exec,
  manual,
]);

const mxRecord = z.strictObject({
  host: name.describe('name of the mail host'),
  preference: z.int().min(0).max(65535).describe('lower is tried first'),
});

const otherRecord = z.strictObject({
  name: name.describe('full name, or relative to the domain; `@` for the domain itself'),
  type: z.enum(RR_TYPES).exclude(['MX']),
  values: z
    .array(z.string())
    .describe(
      'the records as in a zone file, TXT without quotes; a TXT replaces the one that begins alike (v=spf1, v=STSv1, …) and leaves others; []: removed',
    ),
  ttl: z.int().positive().default(3600).describe('seconds'),
  when: z
    .enum(['stage', 'switch', 'restore'])
    .default('stage')
    .describe('before everything else, together with the MX, or at the end'),
});

export const domainSchema = z.strictObject({
  mx: z
    .strictObject({
      to: name.describe('the server that gets the mail, of `servers`'),
      records: z.array(mxRecord).min(1).optional().describe('the MX records to switch to; needed for an IMAP server'),
    })
    .describe('where mail goes after the switch'),
  records: z.array(otherRecord).default([]).describe('what changes beside the MX: SPF, DKIM, MTA-STS, autodiscover, …'),
  advised: z
    .enum(['say', 'make'])
    .default('say')
    .describe(
      'records the new mail system asks for: only say so, or make them (SPF merged and staged, autodiscover with the switch)',
    ),
  dkim: z.array(name).default([]).describe('DKIM selectors the new servers sign with, to be looked for'),
  dns: dnsSchema.describe('who changes the records'),
});

export type DnsConfig = z.output<typeof dnsSchema>;
export type DomainConfig = z.output<typeof domainSchema>;
export type OtherRecordConfig = z.output<typeof otherRecord>;
export type MxRecord = z.output<typeof mxRecord>;
