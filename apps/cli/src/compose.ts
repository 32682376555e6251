import { join } from 'node:path';
import { openSqliteLedger } from '@mxodus/ledger';
import { governed, severalWaits } from '@mxodus/mail';
import {
  type Config,
  type FleetStore,
  type ItemBook,
  type JobEngine,
  type JobQueue,
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
import { inlineEngine } from '@mxodus/queue';
import { readJournal, type ServerLimits } from '@mxodus/runner';
import { type LoadedConfig, loadConfig } from './config/load-config.ts';
import { probeRecipients } from './config/probe-recipients.ts';
import { type ResolvedMailbox, resolveMailboxes } from './config/resolve-mailboxes.ts';
import { type DnsServices, dnsServices } from './dns-services.ts';
import { type ExchangeServices, exchangeServices } from './exchange-services.ts';
import { fencedAccount, LateFence } from './fenced-account.ts';
import { lateLedger } from './late-ledger.ts';
import {
  type LedgerServices,
  leaseMsOf,
  ledgerServices,
  type ProjectLease,
  type ProjectLeases,
} from './ledger-services.ts';
import { mailAccounts } from './mail-account.ts';
import { type Governors, inlineGovernors, serverLimits } from './project-governor.ts';
import { queueServices } from './queue-services.ts';

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
  readonly leases: ProjectLeases;
  /** What the machines of a fleet share; null: the ledger is a file of this one. */
  readonly store: LedgerServices['store'];
  /** Of the fleet, to say something to it; null: the config names none. */
  readonly queue: (() => Promise<JobQueue>) | null;
  /**
   * @param onWait called when something of the account waits for its server, and with null when nothing does any more
   * @param items numbers the messages of a tenant; default: the ledger that is open, or what is forgotten with the process
   */
  account(
    of: { server: string; user: string; password: Secret | null },
    onWait?: OnWait,
    items?: ItemBook,
  ): MailAccount;
  /** Both ends of a mailbox of a plan that is not stale; `onWait` hears of both as one. */
  accounts(mailbox: PlanMailbox, onWait?: OnWait, items?: ItemBook): { source: MailAccount; destination: MailAccount };
  limits(server: string): ServerLimits;
  /** What is asked of a server of kind exchange besides its mailboxes. */
  tenant: ExchangeServices['tenant'];
  believe: ExchangeServices['believe'];
  /** @param lease what is written is written as its holder; default: by who only looks (a verify) */
  openLedger(lease?: ProjectLease): Promise<Ledger>;
  /** A copy that a dry run may write to; closing it removes it. */
  openLedgerCopy(): Promise<Ledger>;
  /** What passes back after a rollback know, see reversePass. */
  openReverseLedger(): Promise<Ledger>;
  /** null: nothing was synced yet. */
  readLedger(): Promise<LedgerReader | null>;
  /** To take the ledger to another place. */
  readonly transfer: Pick<LedgerServices, 'lines' | 'fill'>;
  /** The journal of the project's cutover; empty when there is none. */
  journal(): Promise<JournalEntry[]>;
  readonly journalPath: string;
  /** Files of the cutover beside its journal. */
  readonly cutoverFiles: { requests: string; history: string; facts: string; lateMail: string };
  /** Addresses the new mail hosts have to take: of the mailboxes, and those the config adds. */
  recipients(planned: readonly PlanMailbox[]): Promise<readonly string[]>;
  readonly dns: DnsServices;
  /** Of what several commands of the process use: connections to a database. */
  close(): Promise<void>;
}

/** What a worker has for all its projects. */
export interface SharedServices {
  store: FleetStore;
  governors: Governors;
}

type OnWait = (wait: Wait | null) => void;

const unheard: OnWait = () => undefined;

/** @param commandLine says to others who holds a lease */
export const openProject = async (configPath: string, commandLine: string): Promise<Project> =>
  projectOf(await loadConfig(configPath), { commandLine });

/** @param options.shared what a worker has for all its projects, in place of what this one would make */
export function projectOf(
  loaded: LoadedConfig,
  { commandLine, shared }: { commandLine: string; shared?: SharedServices },
): Project {
  const { config, baseDir } = loaded;
  const mailboxes = resolveMailboxes(loaded);
  const byAddress = new Map(mailboxes.map((mailbox) => [mailbox.address, mailbox]));
  const stateFolder = join(baseDir, '.mxodus');
  const projectFolder = join(stateFolder, config.project);
  const journalPath = join(projectFolder, 'cutover.ndjson');
  const late = lateLedger(async () => (await import('@mxodus/mail/exchange')).itemBookInMemory());
  const governors = shared?.governors ?? inlineGovernors;
  const governor = governors.connections(config, late.traffic);
  const tempFolder = join(projectFolder, 'tmp');
  const ledgers = ledgerServices(config, { baseDir, stateFolder, tempFolder, commandLine }, shared?.store);
  const redis = queueServices(config, baseDir);
  const exchange = exchangeServices(config, {
    ...{ baseDir, tempFolder, items: late.items },
    governor: governors.requests(config, late.traffic),
  });
  const booking = (ledger: Ledger): Ledger =>
    late.use(ledger, async () => {
      await governor.close();
      await exchange.close();
    });
  const open = mailAccounts(baseDir);
  // A lease of one machine ends with its process: nothing needs to ask for it.
  const fence = config.ledger.kind === 'postgres' ? new LateFence(leaseMsOf(config)) : null;
  const account: Project['account'] = ({ server, user, password }, onWait = unheard, items) => {
    const found = serverOf(config, server);
    const plain =
      found.kind === 'exchange'
        ? exchange.account({ server, user }, onWait, items)
        : governed(open({ server, user, password }, found), governor, onWait);
    return fence === null ? plain : fencedAccount(plain, () => fence.assertHeld());
  };
  return {
    loaded,
    config,
    mailboxes,
    stateFolder,
    logFile: join(stateFolder, 'mxodus.log'),
    tempFolder,
    engine: inlineEngine(mapValues(config.servers, (server) => serverLimits(server).connections)),
    leases: ledgers.leases,
    store: ledgers.store,
    queue: redis?.queue ?? null,
    account,
    accounts: ({ address, source, destination }, onWait = unheard, items) => {
      const secrets = byAddress.get(address);
      const ear = severalWaits(onWait);
      return {
        source: account({ ...source, password: secrets?.source.password ?? null }, ear(), items),
        destination: account({ ...destination, password: secrets?.destination.password ?? null }, ear(), items),
      };
    },
    tenant: exchange.tenant,
    believe: exchange.believe,
    limits: (server) => serverLimits(serverOf(config, server)),
    openLedger: async (lease) => {
      fence?.use(lease?.fence ?? null);
      return booking(await ledgers.open(lease ?? null));
    },
    openLedgerCopy: async () => booking(await ledgers.copy()),
    openReverseLedger: () => openSqliteLedger(join(projectFolder, 'reverse.db')),
    readLedger: () => ledgers.read(),
    transfer: ledgers,
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
    close: async () => {
      await redis?.close();
      await ledgers.close();
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

export const mapValues = <T, R>(record: Readonly<Record<string, T>>, map: (value: T) => R): Record<string, R> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
