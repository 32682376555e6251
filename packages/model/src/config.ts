import { z } from 'zod';
import { credential, endpoint, imapAuth } from './config-auth.ts';
import { cutoverSchema } from './config-cutover.ts';
import { domainSchema } from './config-dns.ts';
import { name, secretSchema } from './config-secret.ts';
import { byteSize, duration } from './units.ts';

/** The schema of `mxodus.yaml` (docs/config.md is made from it). Unknown keys are errors; secrets are references, never literals. */

const address = z.string().regex(/^[^\s@][^\s]*@[^\s@]+$/, 'expected an address such as ann@example.com');

const limits = z.strictObject({
  connections: z.int().positive().default(20).describe('connections to this server at once, over all mailboxes'),
  connections_per_mailbox: z.int().positive().default(4).describe('connections to one mailbox at once'),
  bytes_per_second: byteSize.nullable().default(null).describe('of message bytes, both directions, over all mailboxes'),
  bytes_per_day: byteSize
    .nullable()
    .default(null)
    .describe('of message bytes for one mailbox in a day (UTC), both directions; survives a restart'),
});

const imapServer = z.strictObject({
  kind: z.literal('imap'),
  host: name.describe('name or address; the certificate must be for it'),
  port: z.int().min(1).max(65535).optional().describe('default: 993 for implicit, 143 otherwise'),
  tls: z
    .enum(['implicit', 'starttls', 'none'])
    .default('implicit')
    .describe('`starttls` is required, never tried; `none` is for loopback only'),
  ca: name.optional().describe('PEM file of the authority to trust instead of the system ones'),
  allow_cleartext: z.boolean().default(false).describe('allow `tls: none` to a host that is not loopback'),
  auth: imapAuth.default({ method: 'login' }).describe('how to sign in'),
  compress: z.boolean().default(false).describe('COMPRESS=DEFLATE (RFC 4978) where the server has it: for slow lines'),
  timeout: duration.prefault('120s').describe('how long a silent server is waited for'),
  labels: z
    .enum(['folders', 'first', 'keywords'])
    .default('folders')
    .describe(
      'of a Gmail source: a copy in the folder of each label, in the first only, or one copy with labels as keywords',
    ),
  limits: limits.prefault({}).describe('what the server can take'),
});

const MINUTE_MS = 60_000;

/** Microsoft's limits for one app and one mailbox; lower values are allowed, higher ones are refused by the service. */
const exchangeLimits = z.strictObject({
  mailboxes: z.int().positive().default(20).describe('mailboxes worked on at once'),
  concurrent_requests: z.int().min(1).max(4).default(4).describe('requests to one mailbox at once'),
  requests: z.int().positive().default(10_000).describe('requests to one mailbox within `requests_in`'),
  requests_in: duration.default(10 * MINUTE_MS).describe('see `requests`'),
  upload: byteSize.default(150_000_000).describe('bytes sent to one mailbox within `upload_in`'),
  upload_in: duration.default(5 * MINUTE_MS).describe('see `upload`'),
  message: byteSize
    .default(35_000_000)
    .describe('the largest message the mailboxes take (MaxReceiveSize; an admin can raise it to 150MB)'),
  bytes_per_second: byteSize.nullable().default(null).describe('of message bytes, over all mailboxes'),
  bytes_per_day: byteSize
    .nullable()
    .default(null)
    .describe('of message bytes for one mailbox in a day (UTC); survives a restart'),
});

const exchangeImap = z.strictObject({
  host: name.default('outlook.office365.com').describe('its IMAP host'),
  port: z.int().min(1).max(65535).default(993).describe('its port; always implicit TLS'),
});

const exchangeServer = z.strictObject({
  kind: z.literal('exchange'),
  tenant: name.describe('the tenant id of Microsoft Entra'),
  client_id: name.describe('the id of the app registration'),
  credential,
  writer: z
    .enum(['auto', 'graph-json', 'imap-append', 'graph-importmime'])
    .default('auto')
    .describe('how messages are written; `auto` picks for each message'),
  imap: exchangeImap
    .optional()
    .describe(
      'write by IMAP what Graph would change (signed, encrypted, large); needs IMAP.AccessAsApp, see docs/exchange.md',
    ),
  graph_url: endpoint.default('https://graph.microsoft.com').describe('address of Microsoft Graph'),
  authority: endpoint.default('https://login.microsoftonline.com').describe('address of the sign-in service'),
  ca: name.optional().describe('PEM file of the authority to trust instead of the system ones'),
  timeout: duration.prefault('120s').describe('how long an answer is waited for'),
  limits: exchangeLimits.prefault({}).describe('what is asked of the service'),
});

export const serverSchema = z.discriminatedUnion('kind', [imapServer, exchangeServer]);

const mailboxEntry = z.strictObject({
  address: address.describe('the address it is known by; names the mailbox everywhere'),
  source: name.describe('the server it is on, of `servers`'),
  user: name.optional().describe('user at the source; default: the address'),
  password: secretSchema.optional().describe('password at the source; not needed where the server has a master user'),
  destination: z
    .strictObject({
      user: name.optional().describe('user at the destination; default: the new address'),
      password: secretSchema.optional().describe('password there; not needed where the server has a master user'),
    })
    .optional()
    .describe('sign-in at the destination'),
});

const mailboxFile = z.strictObject({
  file: name.describe(
    'CSV: address,user,password_env|password_file,to,new_address,to_user,to_password_env|to_password_file',
  ),
  source: name.describe('the server they are on, of `servers`'),
});

const wave = z
  .int()
  .min(1)
  .max(99)
  .optional()
  .describe('in a fleet, mailboxes of a lower wave are begun before those of a higher one; default: 50');

const assignRule = z.union([
  z.strictObject({
    match: name.describe('address pattern; * and ? as wildcards'),
    to: name.describe('the server to move to, of `servers`'),
    address: name
      .optional()
      .describe('the new address; {local} and {domain} of the old one are filled in; default: the old address'),
    wave,
  }),
  z
    .strictObject({
      top: z.int().positive().describe('how many mailboxes'),
      by: z.enum(['recent-messages', 'messages', 'bytes']).describe('what makes a mailbox a top one'),
      days: z.int().positive().optional().describe('what counts as recent; default: 90'),
      to: name.describe('the server to move to, of `servers`'),
      address: name.optional().describe('the new address'),
      wave,
    })
    .describe('the busiest mailboxes of those no rule before takes; counted when the plan is made'),
]);

const folderRules = z.strictObject({
  exclude: z.array(name).default([]).describe('source folders (and all below) left where they are'),
  map: z.record(name, name).default({}).describe('source folder to destination folder, levels separated by "/"'),
});

const syncSchema = z.strictObject({
  deletes: z
    .enum(['keep', 'trash', 'mirror'])
    .default('keep')
    .describe(
      'what a delete at the source does to the copy: nothing, moves it to the trash, or removes it; never after the switch',
    ),
  newest_first: z.boolean().default(true).describe('order inside a folder'),
  settle: duration
    .prefault('15s')
    .describe('how long a message in doubt that is not found at the destination is waited for before it is sent again'),
  folders: folderRules.prefault({}).describe('which folders, and where to'),
});

const ledgerSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('sqlite'),
    path: name.default('.mxodus/ledger.db').describe('its file, from the folder of the config'),
  }),
  z
    .strictObject({
      kind: z.literal('postgres'),
      url: secretSchema.describe('connection string, such as postgres://mxodus:…@db.example:5432/mxodus'),
    })
    .describe('for several machines; each project has a schema of its own'),
]);

const queueSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('inline') }),
  z
    .strictObject({
      kind: z.literal('bullmq'),
      redis: secretSchema.describe('connection string, such as redis://:…@redis.example:6379/0'),
      fleet: z
        .string()
        .regex(/^[a-z0-9][a-z0-9-]*$/, 'expected lower-case letters, digits and -')
        .default('mxodus')
        .describe('names the fleet; workers and projects of one name work together'),
      slice: duration.prefault('5m').describe('how long a worker stays with one mailbox before others have their turn'),
      lease: duration
        .prefault('30s')
        .describe('how long a worker may be out of touch before another one takes over what it had'),
      spread_from: z
        .int()
        .positive()
        .default(20_000)
        .describe('the first copy of a mailbox with so many messages is shared out by folder'),
    })
    .describe('workers on many machines; needs a ledger of kind `postgres`'),
]);

export const configSchema = z
  .strictObject({
    version: z.literal(1).describe('version of this format'),
    project: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]*$/, 'expected lower-case letters, digits and -')
      .describe('names the plan and its state'),
    servers: z.record(name, serverSchema).describe('the mail systems, each under a name of yours'),
    mailboxes: z
      .array(z.union([mailboxEntry, mailboxFile]))
      .min(1)
      .describe('who moves'),
    assign: z.array(assignRule).min(1).describe('first match wins; every mailbox must match one'),
    domains: z.record(name, domainSchema).default({}).describe('the domains whose MX records are switched'),
    sync: syncSchema.prefault({}).describe('how mail is moved'),
    cutover: cutoverSchema.prefault({}).describe('how the switch is done; every wait can be set'),
    ledger: ledgerSchema.prefault({ kind: 'sqlite' }).describe('where what was moved is remembered'),
    queue: queueSchema.default({ kind: 'inline' }).describe('who does the work'),
  })
  .meta({ title: 'mxodus.yaml' });

export type Config = z.output<typeof configSchema>;
export type ImapServerConfig = z.output<typeof imapServer>;
export type ExchangeServerConfig = z.output<typeof exchangeServer>;
export type ServerConfig = z.output<typeof serverSchema>;
export type MailboxEntry = z.output<typeof mailboxEntry>;
export type AssignRule = z.output<typeof assignRule>;
export type SyncRules = z.output<typeof syncSchema>;

export const portOf = ({ port, tls }: Pick<ImapServerConfig, 'port' | 'tls'>): number =>
  port ?? (tls === 'implicit' ? 993 : 143);
