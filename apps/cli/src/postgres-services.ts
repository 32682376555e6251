import { importSqliteLedger } from '@mxodus/ledger';
import type { FencedLease, FleetStore, Ledger, Secret } from '@mxodus/model';
import { resolveSecret } from './config/secrets.ts';
import { type LedgerPlace, type LedgerServices, type ProjectLease, temporaryLedger } from './ledger-services.ts';

export interface PostgresSetting {
  project: string;
  /** Connection string. */
  url: Secret;
  /** How long a lease lasts without its holder. */
  leaseMs: number;
  /** One that is open already and closed by who opened it. */
  store: FleetStore | undefined;
}

/** The ledger of a project in PostgreSQL. What speaks to it is loaded, and connected to, when it is first needed. */
export function postgresServices(setting: PostgresSetting, place: LedgerPlace): LedgerServices {
  const { project } = setting;
  let opened: Promise<FleetStore> | undefined;
  const store = (): Promise<FleetStore> => {
    opened ??= setting.store === undefined ? openStore(setting, place) : Promise.resolve(setting.store);
    // Who was not there may be there when it is asked for again.
    opened.catch(() => {
      opened = undefined;
    });
    return opened;
  };
  return {
    leases: {
      acquire: async (name) => projectLease(await (await store()).leases.acquire(name)),
      holder: async (name) => (await store()).leases.holder(name),
    },
    open: async (lease) => {
      const fence = lease?.fence ?? null;
      return fence === null ? (await store()).ledger(project) : (await store()).ledgerUnder(project, fence);
    },
    copy: () => copyOf(store, { project, tempFolder: place.tempFolder }),
    read: async () => (await store()).readLedger(project),
    lines: async () => (await store()).exportLedger(project),
    fill: async (lease, lines) => (await store()).importLedger(project, lines, lease.fence),
    store,
    close: async () => {
      const own = setting.store === undefined ? await opened?.catch(() => undefined) : undefined;
      await own?.close();
    },
  };
}

const projectLease = (fence: FencedLease): ProjectLease => ({ fence, release: () => fence.release() });

async function openStore(
  { url, leaseMs }: PostgresSetting,
  { baseDir, commandLine }: LedgerPlace,
): Promise<FleetStore> {
  const { openFleetStore } = await import('@mxodus/ledger/postgres');
  return openFleetStore({ url: await resolveSecret(url, baseDir), holder: commandLine, leaseMs });
}

/** In SQLite, by way of an export. */
async function copyOf(
  store: () => Promise<FleetStore>,
  { project, tempFolder }: { project: string; tempFolder: string },
): Promise<Ledger> {
  return temporaryLedger(tempFolder, async (file) => {
    const lines = await (await store()).exportLedger(project);
    if (lines !== null) await importSqliteLedger(file, lines);
  });
}
