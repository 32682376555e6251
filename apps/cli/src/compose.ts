import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { copySqliteLedger, openSqliteLedger, readSqliteLedger } from '@mxodus/ledger';
import { governed, severalWaits } from '@mxodus/mail';
import {
  type Config,
  type JobEngine,
  type JournalEntry,
  type Ledger,
  type LedgerReader,
  type MailAccount,
  MxodusError,
  type PlanMailbox,
  type Secret,
  type ServerConfig,
  type Wait,
} from '@mxodus/model';
import { fileLeases, inlineEngine, type LeaseFolder } from '@mxodus/queue';
import { readJournal, type ServerLimits } from '@mxodus/runner';
import { type LoadedConfig, loadConfig } from './config/load-config.ts';
import { probeRecipients } from './config/probe-recipients.ts';
import { type ResolvedMailbox, resolveMailboxes } from './config/resolve-mailboxes.ts';
import { type DnsServices, dnsServices } from './dns-services.ts';
import { type ExchangeServices, exchangeServices } from './exchange-services.ts';
import { lateLedger } from './late-ledger.ts';
import { mailAccounts } from './mail-account.ts';
import { projectGovernor } from './project-governor.ts';

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
  /** @param onWait called when something of the account waits for its server, and with null when nothing does any more */
  account(of: { server: string; user: string; password: Secret | null }, onWait?: OnWait): MailAccount;
  /** Both ends of a mailbox of a plan that is not stale; `onWait` hears of both as one. */
  accounts(mailbox: PlanMailbox, onWait?: OnWait): { source: MailAccount; destination: MailAccount };
  limits(server: string): ServerLimits;
  /** What is asked of a server of kind exchange besides its mailboxes. */
  tenant: ExchangeServices['tenant'];
  believe: ExchangeServices['believe'];
  openLedger(): Promise<Ledger>;
  /** A copy that a dry run may write to; closing it removes it. */
  openLedgerCopy(): Promise<Ledger>;
  /** What passes back after a rollback know, see reversePass. */
  openReverseLedger(): Promise<Ledger>;
  /** null: nothing was synced yet. */
  readLedger(): Promise<LedgerReader | null>;
  /** The journal of the project's cutover; empty when there is none. */
  journal(): Promise<JournalEntry[]>;
  readonly journalPath: string;
  /** Files of the cutover beside its journal. */
  readonly cutoverFiles: { requests: string; history: string; facts: string; lateMail: string };
  /** Addresses the new mail hosts have to take: of the mailboxes, and those the config adds. */
  recipients(planned: readonly PlanMailbox[]): Promise<readonly string[]>;
  readonly dns: DnsServices;
}

type OnWait = (wait: Wait | null) => void;

const unheard: OnWait = () => undefined;

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
  const late = lateLedger(async () => (await import('@mxodus/mail/exchange')).itemBookInMemory());
  const governor = projectGovernor(config, late.traffic);
  const tempFolder = join(projectFolder, 'tmp');
  const exchange = exchangeServices(config, { baseDir, tempFolder, items: late.items, traffic: late.traffic });
  const booking = (ledger: Ledger): Ledger =>
    late.use(ledger, async () => {
      await governor.close();
      await exchange.close();
    });
  const open = mailAccounts(baseDir);
  const account: Project['account'] = ({ server, user, password }, onWait = unheard) => {
    const found = serverOf(config, server);
    if (found.kind === 'exchange') return exchange.account({ server, user }, onWait);
    return governed(open({ server, user, password }, found), governor, onWait);
  };
  return {
    loaded,
    config,
    mailboxes,
    stateFolder,
    logFile: join(stateFolder, 'mxodus.log'),
    tempFolder,
    engine: inlineEngine(mapValues(config.servers, (server) => serverLimits(server).connections)),
    leases: fileLeases(join(stateFolder, 'locks'), commandLine),
    account,
    accounts: ({ address, source, destination }, onWait = unheard) => {
      const secrets = byAddress.get(address);
      const ear = severalWaits(onWait);
      return {
        source: account({ ...source, password: secrets?.source.password ?? null }, ear()),
        destination: account({ ...destination, password: secrets?.destination.password ?? null }, ear()),
      };
    },
    tenant: exchange.tenant,
    believe: exchange.believe,
    limits: (server) => serverLimits(serverOf(config, server)),
    openLedger: async () => booking(await openSqliteLedger(ledgerPath)),
    openLedgerCopy: async () => booking(await openLedgerCopy(ledgerPath, tempFolder)),
    openReverseLedger: () => openSqliteLedger(join(projectFolder, 'reverse.db')),
    readLedger: () => readSqliteLedger(ledgerPath),
    journal: () => readJournal(journalPath),
    journalPath,
    cutoverFiles: {
      requests: join(projectFolder, 'cutover-requests'),
      history: join(projectFolder, 'dns-history.ndjson'),
      facts: join(projectFolder, 'cutover-facts.json'),
      lateMail: join(projectFolder, 'late-mail.ndjson'),
    },
    recipients: (planned) => probeRecipients(loaded, planned),
    dns: dnsServices(config, baseDir),
  };
}

async function openLedgerCopy(path: string, tempFolder: string): Promise<Ledger> {
  await mkdir(tempFolder, { recursive: true });
  const folder = await mkdtemp(join(tempFolder, 'dry-run-'));
  const copy = join(folder, 'ledger.db');
  await copySqliteLedger(path, copy);
  const ledger = await openSqliteLedger(copy);
  return {
    ...ledger,
    close: async () => {
      await ledger.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function serverOf(config: Config, name: string): ServerConfig {
  const server = config.servers[name];
  if (server !== undefined) return server;
  throw new MxodusError('CONFIG_INVALID', {
    what: `there is no server "${name}" in the config`,
    why: `the config has ${Object.keys(config.servers).join(', ')}`,
    advice: 'plan again after servers were renamed',
  });
}

/** What a pass over a mailbox of a tenant counts as: two lanes that append, and the session for small requests. */
const LANES_OF_A_TENANT = 3;

function serverLimits(server: ServerConfig): ServerLimits {
  if (server.kind === 'exchange') {
    const connections = server.limits.mailboxes * LANES_OF_A_TENANT;
    return { connections, connectionsPerMailbox: LANES_OF_A_TENANT, labels: 'folders' };
  }
  const { limits, labels } = server;
  return { connections: limits.connections, connectionsPerMailbox: limits.connections_per_mailbox, labels };
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

export const mapValues = <T, R>(record: Readonly<Record<string, T>>, map: (value: T) => R): Record<string, R> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
