import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import {
  copySqliteLedger,
  exportSqliteLedger,
  importSqliteLedger,
  openSqliteLedger,
  readSqliteLedger,
  type TransferCounts,
} from '@mxodus/ledger';
import type { Config, FencedLease, FleetStore, Lease, Leases, Ledger, LedgerReader } from '@mxodus/model';
import { fileLeases, type LeaseHolder } from '@mxodus/queue';
import { postgresServices } from './postgres-services.ts';

/** Where a project's memory is kept, and the right to work on it. */
export interface LedgerServices {
  readonly leases: ProjectLeases;
  /** @param lease what is written is written as its holder; null: by who only looks (a verify) */
  open(lease: ProjectLease | null): Promise<Ledger>;
  /** A copy that a dry run may write to; closing it removes it. */
  copy(): Promise<Ledger>;
  /** null: nothing was synced yet. */
  read(): Promise<LedgerReader | null>;
  /** Everything in it as lines, of one moment; null: nothing was synced yet. */
  lines(): Promise<AsyncIterable<string> | null>;
  /** Fills it, when it is empty, with such lines: all of them, or nothing. Returns rows by table. */
  fill(lease: ProjectLease, lines: AsyncIterable<string>): Promise<TransferCounts>;
  /** What the machines of a fleet share; null: the ledger is a file of this one. */
  readonly store: (() => Promise<FleetStore>) | null;
  close(): Promise<void>;
}

export interface ProjectLease extends Lease {
  /** null: of this machine alone, and held until the process ends. */
  readonly fence: FencedLease | null;
}

export interface ProjectLeases extends Leases {
  acquire(name: string): Promise<ProjectLease>;
  /** Who has it, or a part of it; a text where another machine said so. null: nobody, as far as can be told. */
  holder(name: string): Promise<LeaseHolder | string | null>;
}

export interface LedgerPlace {
  baseDir: string;
  stateFolder: string;
  tempFolder: string;
  /** Says to others who holds a lease. */
  commandLine: string;
}

/** @param store of a worker, where the ledger is in PostgreSQL: the one it has for all its projects */
export function ledgerServices(
  { project, ledger, queue }: Config,
  place: LedgerPlace,
  store?: FleetStore,
): LedgerServices {
  if (ledger.kind === 'postgres') {
    return postgresServices({ project, url: ledger.url, leaseMs: leaseMsOf({ queue }), store }, place);
  }
  const path = resolve(place.baseDir, ledger.path);
  const files = fileLeases(join(place.stateFolder, 'locks'), place.commandLine);
  return {
    leases: {
      acquire: async (name) => ({ ...(await files.acquire(name)), fence: null }),
      holder: async (name) => files.holder(name),
    },
    open: () => openSqliteLedger(path),
    copy: () => temporaryLedger(place.tempFolder, (file) => copySqliteLedger(path, file)),
    read: () => readSqliteLedger(path),
    lines: () => exportSqliteLedger(path),
    fill: (_lease, lines) => importSqliteLedger(path, lines),
    store: null,
    close: async () => undefined,
  };
}

const USUAL_LEASE_MS = 30_000;

/** How long a lease of the store lasts without its holder. */
export const leaseMsOf = ({ queue }: Pick<Config, 'queue'>): number =>
  queue.kind === 'bullmq' ? queue.lease : USUAL_LEASE_MS;

/** A ledger in a file that is removed when it is closed. `fill` may make the file first. */
export async function temporaryLedger(tempFolder: string, fill: (file: string) => Promise<void>): Promise<Ledger> {
  await mkdir(tempFolder, { recursive: true });
  const folder = await mkdtemp(join(tempFolder, 'dry-run-'));
  const file = join(folder, 'ledger.db');
  await fill(file);
  const ledger = await openSqliteLedger(file);
  return {
    ...ledger,
    close: async () => {
      await ledger.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
