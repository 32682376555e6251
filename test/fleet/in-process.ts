import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type PostgresServer, startPostgres } from '@mxodus/lab';
import { openFleetStore } from '@mxodus/ledger/postgres';
import { type FleetStore, type JobHandler, planSchema } from '@mxodus/model';
import { ByteBudget, type FleetPorts, type FleetProject, fleetHandler } from '@mxodus/runner';
import { openProject } from '../../apps/cli/src/compose.ts';
import { type JourneyOptions, startJourney } from '../journey.ts';

/** Two mail servers, a plan, and PostgreSQL: what the jobs of a fleet need when they are done in the process of the test. */
export type InProcess = Awaited<ReturnType<typeof startInProcess>>;

export interface InProcessWorker {
  ports: FleetPorts;
  store: FleetStore;
  handler: JobHandler;
  /** What went wrong, in the words of its log. */
  troubles: string[];
}

const LEASE_MS = 15_000;
const SETTLE_MS = 500;

export async function startInProcess(options: JourneyOptions) {
  const postgres: PostgresServer = await startPostgres();
  const journey = await startJourney({ config: `sync: { settle: ${SETTLE_MS}ms }`, ...options });
  await journey.run('plan');
  const [oldPassword = '', newPassword = ''] = journey.secrets;
  Object.assign(process.env, { OLD_PW: oldPassword, NEW_PW: newPassword });
  const stores: FleetStore[] = [];
  return {
    ...journey,
    plan: planSchema.parse(JSON.parse(await readFile(journey.plan, 'utf8'))),
    /** One worker, with connections of its own to the database. */
    worker: async (name: string, own: Partial<FleetProject> = {}): Promise<InProcessWorker> => {
      const store = await openFleetStore({ url: postgres.url, holder: name, leaseMs: LEASE_MS });
      stores.push(store);
      const { accounts, limits } = await openProject(join(journey.dir, 'mxodus.yaml'), name);
      const project: FleetProject = {
        assertFresh: () => undefined,
        accounts: (mailbox, onWait) => accounts(mailbox, onWait),
        limits,
        serverKey: (server) => `k${server}`,
        ...{ settleMs: SETTLE_MS, tempDir: join(journey.dir, 'tmp'), sliceMs: 60_000, spreadFrom: 20_000 },
        ...own,
      };
      const troubles: string[] = [];
      const ports: FleetPorts = {
        ...{ store, worker: name, leaseMs: LEASE_MS, budget: new ByteBudget(64 * 1024 * 1024) },
        project: (of) => (of === 'acme' ? project : null),
        log: {
          info: () => undefined,
          warn: () => undefined,
          trouble: (_, error, message) => void troubles.push(`${message}: ${error}`),
        },
      };
      return { ports, store, handler: fleetHandler(ports), troubles };
    },
    stop: async (): Promise<void> => {
      for (const store of stores) await store.close();
      await journey.stop();
      await postgres.stop();
    },
  };
}
