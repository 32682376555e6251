import type { LimitBook } from './limit.ts';
import { Resource } from './share-out.ts';
import type { SimFleet, SimServer, World } from './world.ts';

/** What the mailboxes of a world share. */
export interface Resources {
  servers: ReadonlyMap<string, ServerResources>;
  workers: readonly WorkerResources[];
  ledger: Resource;
  /** null: each has its own. */
  machine: Resource | null;
  /** All of them. */
  all: readonly Resource[];
}

export interface ServerResources {
  server: SimServer;
  bytes: Resource | null;
  work: Resource | null;
  requests: Resource | null;
}

export interface WorkerResources {
  cpu: Resource;
  memory: Resource;
  machine: Resource | null;
}

export function resourcesOf({ servers, fleet }: World, limits: LimitBook): Resources {
  const machine = fleet.sharedCores === null ? null : new Resource(limits.number('machine'), fleet.sharedCores);
  const ofServers = servers.map((server) => serverResources(server, limits, machine));
  const workers = Array.from({ length: fleet.workers }, () => workerResources(fleet, limits, machine));
  const ledger = new Resource(limits.number('ledger'), fleet.ledger.rowsPerSecond);
  const each = [
    ...ofServers.flatMap(({ bytes, work, requests }) => [bytes, work, requests]),
    ...workers.flatMap(({ cpu, memory }) => [cpu, memory]),
    ledger,
    machine,
  ];
  return {
    servers: new Map(ofServers.map((one) => [one.server.name, one])),
    workers,
    ledger,
    machine,
    all: [...new Set(each.filter((one) => one !== null))],
  };
}

function serverResources(server: SimServer, limits: LimitBook, machine: Resource | null): ServerResources {
  const { name, bytesPerSecond, work, requests } = server;
  return {
    server,
    bytes: bytesPerSecond === null ? null : new Resource(limits.number('bytes_per_second', name), bytesPerSecond),
    work: work === null ? null : (machine ?? new Resource(limits.number('server', name), work.cores)),
    requests: requests === null ? null : new Resource(limits.number('requests_of_all', name), requests.allPerSecond),
  };
}

const workerResources = (
  { cores, bytesInFlight }: SimFleet,
  limits: LimitBook,
  machine: Resource | null,
): WorkerResources => ({
  cpu: new Resource(limits.number('cpu'), cores),
  memory: new Resource(limits.number('memory'), bytesInFlight),
  machine,
});
