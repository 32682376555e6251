import { join, resolve } from 'node:path';
import { createObserver, openProvider } from '@mxodus/dns';
import { openSqliteLedger, readSqliteLedger } from '@mxodus/ledger';
import { imapAccount } from '@mxodus/mail';
import {
  type Config,
  type DnsObserver,
  type DnsProvider,
  type ImapServerConfig,
  type JobEngine,
  type JournalEntry,
  type Ledger,
  type LedgerReader,
  type MailAccount,
  MxodusError,
  type PlanMailbox,
  portOf,
  type Secret,
} from '@mxodus/model';
import { fileLeases, inlineEngine, type LeaseFolder } from '@mxodus/queue';
import { readJournal } from '@mxodus/runner';
import { type LoadedConfig, loadConfig } from './config/load-config.ts';
import { type ResolvedMailbox, resolveMailboxes } from './config/resolve-mailboxes.ts';
import { resolveSecret } from './config/secrets.ts';

/**
 * A config with the adapters it asks for: the only place that chooses them. What is kept beside the config is in `.mxodus/`:
 * the ledger, the locks, the log, and a folder for each project.
 */
export interface Project {
  readonly loaded: LoadedConfig;
  readonly config: Config;
  readonly mailboxes: readonly ResolvedMailbox[];
  readonly stateFolder: string;
  readonly logFile: string;
  /** For large messages on their way. */
  readonly tempFolder: string;
  readonly engine: JobEngine;
  readonly leases: LeaseFolder;
  account(of: { server: string; user: string; password: Secret | null }): MailAccount;
  /** Both ends of a mailbox of a plan that is not stale. */
  accounts(mailbox: PlanMailbox): { source: MailAccount; destination: MailAccount };
  limits(server: string): { connections: number; connectionsPerMailbox: number };
  openLedger(): Promise<Ledger>;
  /** null: nothing was synced yet. */
  readLedger(): Promise<LedgerReader | null>;
  /** The journal of the project's cutover; empty when there is none. */
  journal(): Promise<JournalEntry[]>;
  readonly journalPath: string;
  observer(): DnsObserver;
  provider(domain: string): Promise<DnsProvider>;
}

/** @param commandLine says to others who holds a lease */
export async function openProject(configPath: string, commandLine: string): Promise<Project> {
  const loaded = await loadConfig(configPath);
  const { config, baseDir } = loaded;
  const mailboxes = resolveMailboxes(loaded);
  const byAddress = new Map(mailboxes.map((mailbox) => [mailbox.address, mailbox]));
  const stateFolder = join(baseDir, '.mxodus');
  const projectFolder = join(stateFolder, config.project);
  const journalPath = join(projectFolder, 'cutover.ndjson');
  const ledgerPath = resolve(baseDir, sqlitePath(config));
  const account: Project['account'] = ({ server, user, password }) =>
    mailAccount({ server, user, password }, imapServer(config, server), baseDir);
  return {
    loaded,
    config,
    mailboxes,
    stateFolder,
    logFile: join(stateFolder, 'mxodus.log'),
    tempFolder: join(projectFolder, 'tmp'),
    engine: inlineEngine(mapValues(config.servers, ({ limits }) => limits.connections)),
    leases: fileLeases(join(stateFolder, 'locks'), commandLine),
    account,
    accounts: ({ address, source, destination }) => {
      const secrets = byAddress.get(address);
      return {
        source: account({ ...source, password: secrets?.source.password ?? null }),
        destination: account({ ...destination, password: secrets?.destination.password ?? null }),
      };
    },
    limits: (server) => {
      const { connections, connections_per_mailbox: connectionsPerMailbox } = imapServer(config, server).limits;
      return { connections, connectionsPerMailbox };
    },
    openLedger: () => openSqliteLedger(ledgerPath),
    readLedger: () => readSqliteLedger(ledgerPath),
    journal: () => readJournal(journalPath),
    journalPath,
    observer: () => createObserver(),
    provider: (domain) => dnsProvider(config, domain, baseDir),
  };
}

function mailAccount(
  of: { server: string; user: string; password: Secret | null },
  config: ImapServerConfig,
  baseDir: string,
): MailAccount {
  const { host, tls, ca, auth } = config;
  const secret = auth.method === 'master' ? auth.password : of.password;
  const password = once(() => readSecret(secret, of, baseDir));
  return imapAccount({
    server: of.server,
    host,
    port: portOf(config),
    tls,
    ...(ca === undefined ? {} : { ca: resolve(baseDir, ca) }),
    user: of.user,
    auth: imapAuth(auth, password, of.server),
  });
}

function imapAuth(
  auth: ImapServerConfig['auth'],
  password: () => Promise<string>,
  server: string,
): Parameters<typeof imapAccount>[0]['auth'] {
  switch (auth.method) {
    case 'login':
    case 'plain':
      return { method: auth.method, password };
    case 'master':
      return { method: 'master', user: auth.user, separator: auth.separator, password };
    case 'xoauth2':
      throw notSupported(`server "${server}" asks for xoauth2`);
  }
}

async function readSecret(
  secret: Secret | null,
  of: { server: string; user: string },
  baseDir: string,
): Promise<string> {
  if (secret !== null) return resolveSecret(secret, baseDir);
  throw new MxodusError('SECRET_MISSING', {
    what: `there is no password for user ${of.user} of server "${of.server}"`,
    why: 'the config names none, and the server has no master user',
    advice: 'give the mailbox a `password: { env: NAME }`, or the server an `auth: { method: master, … }`',
  });
}

function imapServer(config: Config, name: string): ImapServerConfig {
  const server = config.servers[name];
  if (server?.kind === 'imap') return server;
  if (server !== undefined) throw notSupported(`server "${name}" is of kind ${server.kind}`);
  throw new MxodusError('CONFIG_INVALID', {
    what: `there is no server "${name}" in the config`,
    why: `the config has ${Object.keys(config.servers).join(', ')}`,
    advice: 'plan again after servers were renamed',
  });
}

async function dnsProvider(config: Config, domain: string, baseDir: string): Promise<DnsProvider> {
  const dns = config.domains[domain]?.dns;
  if (dns === undefined) {
    throw new MxodusError('CONFIG_INVALID', {
      what: `the config says nothing about the domain ${domain}`,
      why: 'the plan has it',
      advice: 'plan again after domains were changed',
    });
  }
  if (dns.provider !== 'rfc2136') return openProvider(dns);
  const secret = await resolveSecret(dns.tsig.secret, baseDir);
  return openProvider({ ...dns, tsig: { ...dns.tsig, secret } });
}

function sqlitePath({ ledger }: Config): string {
  if (ledger.kind === 'sqlite') return ledger.path;
  throw notSupported(`the ledger is of kind ${ledger.kind}`);
}

const notSupported = (what: string): MxodusError =>
  new MxodusError('CONFIG_NOT_SUPPORTED', {
    what,
    why: 'this version of mxodus cannot do that yet',
    advice: 'see docs/config.md for what it can do',
  });

/** A secret is read when it is first needed, and once. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

export const mapValues = <T, R>(record: Readonly<Record<string, T>>, map: (value: T) => R): Record<string, R> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
