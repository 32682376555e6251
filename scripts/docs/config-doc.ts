import { configSchema } from '@mxodus/model';
import { configTable, nodeAt, table } from './schema-table.ts';

/** docs/config.md: what an engineer who writes a config looks up. */
export function configDoc(example: string): string {
  const root = configSchema.toJSONSchema({ io: 'input' });
  const section = (title: string, path: string, text = ''): string =>
    [`## ${title}`, text, configTable(nodeAt(root, path))].filter((part) => part !== '').join('\n\n');
  return `${[
    HEAD,
    `## Example\n\n\`\`\`yaml\n${example.trimEnd()}\n\`\`\`\n\nMore of them, with comments: [plans/](../plans).`,
    `## Top level\n\n${configTable(root, Object.keys(root.properties ?? {}))}`,
    section('`servers.<name>`, an IMAP server', 'servers.*.?0', SERVER),
    section('`auth` of an IMAP server', 'servers.*.?0.auth.?0', AUTH).replace(/\n\n\|[\s\S]*$/, ''),
    authTable(root),
    section(
      '`servers.<name>`, Exchange Online',
      'servers.*.?1',
      'Mailboxes go there: a `source` of this kind is refused. [exchange.md](exchange.md) says what the tenant needs.',
    ),
    SECRETS,
    section('`mailboxes[]`, one mailbox', 'mailboxes.[].?0'),
    section('`mailboxes[]`, a list', 'mailboxes.[].?1', CSV),
    section('`assign[]`', 'assign.[].?0', ASSIGN),
    section('`domains.<name>`', 'domains.*', DOMAINS),
    section('`dns`, provider `rfc2136`', 'domains.*.dns.?0'),
    section(
      '`dns`, provider `manual`',
      'domains.*.dns.?1',
      'A person makes the changes; mxodus says which, and watches.',
    ),
    section('`sync`', 'sync', SYNC),
    section('`cutover`', 'cutover', CUTOVER),
    section('`cutover.window`, a time to wait for', 'cutover.window.?1'),
    section('`ledger`, a file of one machine', 'ledger.?0'),
    section('`ledger`, on a PostgreSQL server', 'ledger.?1', LEDGER_ON_A_SERVER),
    section('`queue`, one process', 'queue.?0'),
    section('`queue`, a fleet of workers', 'queue.?1', FLEET),
    NOT_YET,
  ].join('\n\n')}\n`;
}

function authTable(root: Parameters<typeof nodeAt>[0]): string {
  const method = (index: number): string => configTable(nodeAt(root, `servers.*.?0.auth.?${index}`));
  return [
    `With \`method: plain\`:\n\n${method(1)}`,
    `With \`method: master\`:\n\n${method(2)}`,
    `With \`method: xoauth2\`:\n\n${method(3)}`,
    XOAUTH2,
  ].join('\n\n');
}

const HEAD = `# The config, \`mxodus.yaml\`

<!-- Made by scripts/generate-docs.ts from the schema (packages/model/src/config.ts). Do not edit. -->

One YAML file says which mailboxes move from where to where. \`mxodus check\` tries every server and sign-in of it, \`mxodus plan\` turns it
into a plan.

- A key that is not known is an error with file, line and the key it was probably meant to be. All errors of a file are told at once.
- Relative paths start at the folder of the config. State (the ledger, the journal) lives in \`.mxodus/\` there.
- **duration**: \`500ms\`, \`60s\`, \`5m\`, \`48h\`, \`7d\`; a bare number is seconds. **size**: \`8MB\`, \`25MiB\`; a bare number is bytes.
- YAML anchors (\`&zone\`, \`*zone\`) and merges (\`<<: *zone\`) work.
- A plan goes with the config it was made from: after any change of meaning (comments and order have none), plan again.
- \`mxodus schema config\` prints this format as JSON Schema, for editors.`;

const SERVER = `TLS is verified, always. With \`tls: starttls\` a server that does not offer STARTTLS is an error. \`tls: none\` is refused unless the host is
loopback (\`localhost\`, \`127.0.0.0/8\`, \`::1\`) or \`allow_cleartext: true\` stands beside it.`;

const AUTH = `\`method\` is \`login\` (the default: each mailbox's own user and password), \`plain\` (the same by SASL PLAIN, or one admin who
acts as the user of each mailbox: Cyrus, Zimbra, Dovecot), \`master\` (one master user signs in for every mailbox, as \`USER*MASTER\`: Dovecot and
others), or \`xoauth2\` (access tokens: Microsoft 365, Google). Where the server signs in for all, the mailboxes need no password.`;

const XOAUTH2 = `Exactly one of \`token\`, \`refresh\`, \`app\` and \`service_account\` says where tokens come from:

- \`token\`: a ready one. From a file or a command it is read anew for every connection, and once more when it was refused.
- \`refresh\`: a refresh token, of all mailboxes or each mailbox's own, given as its \`password\`. A refresh token the service replaces is
  used for this run only; where the old one then ends, give the new one before the next run.
- \`app\`: Microsoft 365. The app needs the application permission \`IMAP.AccessAsApp\` (Office 365 Exchange Online) with admin consent, its
  service principal registered in Exchange (\`New-ServicePrincipal\`), and \`FullAccess\` to each mailbox (\`Add-MailboxPermission\`).
- \`service_account\`: Google Workspace. Its client id needs domain-wide delegation of the scope \`https://mail.google.com/\`.

Tokens are kept in memory only, and replaced five minutes before their end, or when a server refuses one.`;

const SECRETS = `## Secrets

A secret is never in the config itself, nor in a plan, a log or the ledger. What stands in the config is where to find it, one of:

${table(
  ['form', 'meaning'],
  [
    ['`{ env: NAME }`', 'an environment variable'],
    ['`{ file: PATH }`', 'a file; one newline at its end is dropped'],
    [
      '`{ command: [PROGRAM, ARGUMENT, …] }`',
      'a program that prints it, run without a shell in the folder of the config, for 30 seconds at most',
    ],
  ],
)}

It is read when it is first needed. A literal in place of a reference is an error that does not repeat it.`;

const CSV = `The list is a CSV file with a header line, separated by commas or semicolons. Empty cells count as not there.

${table(
  ['column', 'meaning'],
  [
    ['`address`', '**needed**: as above'],
    ['`user`', 'user at the source; default: the address'],
    ['`password_env`, `password_file`', 'where the password at the source is (one of them)'],
    ['`to`', 'the server to move to; of the rules only those for that server are looked at, and none is needed'],
    ['`new_address`', 'the new address; comes before that of a rule'],
    ['`to_user`', 'user at the destination; default: the new address'],
    ['`to_password_env`, `to_password_file`', 'where the password at the destination is (one of them)'],
  ],
)}`;

const ASSIGN = `Rules are tried in their order; the first whose \`match\` takes the address decides. A mailbox that no rule takes is an error. Addresses do
not differ by case. Several mailboxes may go into one destination account: each message is there once.`;

const DOMAINS = `The name is the domain whose MX records change. It must be in the zone. For an IMAP server \`mx.records\` is needed: it cannot be asked which
hosts take its mail.`;

const SYNC = `\`folders.exclude\` names source folders that stay, with all below them. \`folders.map\` sends a folder, and what is below it, to another one.
In both, levels are separated by \`/\` whatever the servers use; the folder's path as the source writes it (\`INBOX.Sent\`) works too. A folder
that has the name already keeps it, and the one mapped there gets a number.

Without a rule a folder goes to the destination's folder of the same role (RFC 6154: sent, drafts, trash, …), else to one of its own name.
What the destination does not take in a name is replaced; names that would meet get a number. The plan lists each such change.`;

const CUTOVER = 'Every wait can be set: a rehearsal runs the same code with seconds.';

const LEDGER_ON_A_SERVER = `For a fleet, and for who wants the ledger where the other databases are. PostgreSQL 13 or newer; the user must be allowed to make
schemas. Several projects may use one database. \`mxodus ledger export\` and \`import\` move a ledger from one kind to the other.`;

const FLEET = `Redis 6.2 or newer with \`maxmemory-policy noeviction\`. What runs where, sizes and operation: [fleet.md](fleet.md). All workers read the config
by its path on their own machine; it must mean the same as the one the plan was made from.`;

const NOT_YET = `## Not supported yet

A \`source\` of kind \`exchange\` is part of the format and ends with \`CONFIG_NOT_SUPPORTED\`, file and line.`;
