import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import type { FleetStore, Ledger, LedgerReader } from '@mxodus/model';
import { Database } from './database.ts';
import { postgresLeases } from './leases.ts';
import { ledgerVersion, migrateFleet, migrateLedger } from './migrate.ts';
import { postgresLedger } from './postgres-ledger.ts';
import { ledgerReader } from './reader.ts';
import { postgresRuns } from './runs.ts';
import { exportPostgresLedger, importPostgresLedger } from './transfer.ts';

export interface FleetStoreOptions {
  /** Connection string. */
  url: string;
  /** Who this is, for others that find a lease taken: never a secret. */
  holder: string;
  /** How long a lease lasts without being renewed; ms. */
  leaseMs?: number;
  /** Connections at once, for each project and for what they share. */
  connections?: number;
  /** How long a server that is away is waited for; ms. */
  patienceMs?: number;
}

const LEASE_MS = 30_000;
const CONNECTIONS = 6;

/** What several machines share, in one PostgreSQL database. Throws LEDGER_UNREACHABLE, LEDGER_REFUSED, STATE_CORRUPT. */
export async function openFleetStore(options: FleetStoreOptions): Promise<FleetStore> {
  const { url, holder, leaseMs = LEASE_MS, connections = CONNECTIONS, patienceMs } = options;
  const open = (schema: string | null): Database =>
    new Database({
      ...{ url, schema, most: connections, stillMs: leaseMs / 2 },
      ...(patienceMs === undefined ? {} : { patienceMs }),
    });
  const shared = open(null);
  const projects = new Map<string, Promise<Database>>();
  const projectDatabase = (project: string): Promise<Database> => {
    const known = projects.get(project);
    if (known !== undefined) return known;
    const opening = migrateLedger(shared, schemaOf(project)).then(() => open(schemaOf(project)));
    projects.set(project, opening);
    // Who asks again may find the server there.
    opening.catch(() => projects.delete(project));
    return opening;
  };
  try {
    await migrateFleet(shared);
    await shared.forgetOldWrites();
  } catch (error) {
    await shared.close();
    throw error;
  }
  return {
    ledger: async (project): Promise<Ledger> => postgresLedger(await projectDatabase(project), null, leftOpen),
    ledgerUnder: async (project, lease): Promise<Ledger> =>
      postgresLedger(await projectDatabase(project), lease, leftOpen),
    readLedger: async (project): Promise<LedgerReader | null> => {
      if ((await ledgerVersion(shared, schemaOf(project))) === null) return null;
      return ledgerReader(await projectDatabase(project), leftOpen);
    },
    exportLedger: async (project) => {
      if ((await ledgerVersion(shared, schemaOf(project))) === null) return null;
      await projectDatabase(project);
      return exportPostgresLedger(() => shared.connection(), schemaOf(project));
    },
    importLedger: async (project, lines, lease) => {
      const database = await projectDatabase(project);
      return importPostgresLedger(database, { schema: schemaOf(project), lines, fence: lease });
    },
    leases: postgresLeases(shared, {
      ttlMs: leaseMs,
      holder: `${holder} (process ${process.pid} on ${hostname()})`,
    }),
    runs: postgresRuns(shared),
    close: async () => {
      const opened = await Promise.allSettled(projects.values());
      await shared.close();
      for (const one of opened) if (one.status === 'fulfilled') await one.value.close();
    },
  };
}

/** The store is closed, not what it gave out. */
const leftOpen = async (): Promise<void> => undefined;

/** PostgreSQL's names have 63 bytes. */
const LONGEST = 63;

/** A project's name has small letters, digits and `-` only; of a long one its digest keeps it apart from others. */
function schemaOf(project: string): string {
  const schema = `mxodus_${project.replaceAll('-', '_')}`;
  if (schema.length <= LONGEST) return schema;
  return `${schema.slice(0, 40)}_${createHash('sha256').update(project).digest('hex').slice(0, 16)}`;
}
