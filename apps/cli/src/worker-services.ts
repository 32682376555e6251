import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { type Config, type FleetStore, invariant, type TrafficBook } from '@mxodus/model';
import { type FleetGovernorOptions, type FleetRedis, redisGovernor, redisRequestGovernor } from '@mxodus/queue/bullmq';
import { assertPlanFresh, ByteBudget, type FleetProject } from '@mxodus/runner';
import {
  type Address,
  defaultPlaces,
  type ProjectServers,
  runWorker,
  type ServerRoom,
  workerLog,
} from '@mxodus/worker';
import type { Session } from './commands/session.ts';
import { type Project, projectOf } from './compose.ts';
import { type FleetConfigs, fleetConfigs } from './fleet-configs.ts';
import { burdensOf, type Governors, requestLimitsOf, serverKey, serverLimits } from './project-governor.ts';
import { type OpenedQueue, openQueue } from './queue-services.ts';

export interface WorkerStart {
  /** Of the configs. */
  paths: readonly string[];
  atOnce?: number | undefined;
  listen: Address;
  /** Addresses and user names in the log. */
  logAddresses: boolean;
  /** Aborts when what is in flight is to be given up. */
  giveUp: AbortSignal;
}

/** Of message bytes in memory, over all jobs of the process. */
const BYTES_IN_FLIGHT = 128 * 1024 * 1024;

/** Composes a worker and runs it until the session's signal aborts. Throws what is wrong with its configs, Redis and PostgreSQL. */
export async function startWorker(session: Session, start: WorkerStart): Promise<void> {
  const fleet = await fleetConfigs(start.paths);
  const id = workerId();
  const names = new Set<string>();
  const log = workerLog({ worker: id, addresses: start.logAddresses, isName: (word) => names.has(word) });
  const { openFleetStore } = await import('@mxodus/ledger/postgres');
  const store = await openFleetStore({ url: fleet.postgresUrl, holder: `worker ${id}`, leaseMs: fleet.queue.lease });
  session.atEnd.push(() => shortly(store.close()));
  const limits = connectionLimits(fleet.configs.map(({ config }) => config));
  const redis = await openQueue(fleet, {
    limits: (key) => limits.get(key) ?? 1,
    onTrouble: (error, job) => log.trouble(job === null ? {} : { job }, error, 'a trouble of the queue'),
  });
  session.atEnd.push(() => shortly(redis.close()));
  for (const warning of redis.warnings) log.warn({}, warning);
  const projects = await openProjects(session, fleet, { store, redis });
  for (const name of projects.flatMap(namesOf)) names.add(name);
  const known = new Map(projects.map((project) => [project.config.project, fleetProject(project, fleet)]));
  const { reservations } = redis;
  invariant(reservations !== null, 'who takes jobs has reservations');
  await runWorker(
    {
      ...{ store, log, queue: redis.queue, reservations, pingQueue: () => redis.ping() },
      project: (name) => known.get(name) ?? null,
      budget: new ByteBudget(BYTES_IN_FLIGHT),
      leaseMs: fleet.queue.lease,
    },
    {
      ...{ id, version: session.version, listen: start.listen, stop: session.signal, giveUp: start.giveUp },
      projects: [...known.keys()],
      atOnce: start.atOnce ?? defaultPlaces(projects.map(serversOf)),
    },
  );
}

const CLOSE_MS = 1000;

/** At the end of the process: a server that is away is not waited for, and what it does not hear of runs out by itself. */
async function shortly(closing: Promise<void>): Promise<void> {
  const closed = closing.catch(() => undefined);
  await Promise.race([closed, pause(CLOSE_MS)]);
}

/** Of a host and a start: letters, digits and `-`. */
function workerId(): string {
  const host = hostname()
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 40);
  return `${host === '' ? 'worker' : host}-${randomBytes(3).toString('hex')}`;
}

/** Of each server; where projects state different ones, the smallest. */
function connectionLimits(configs: readonly Config[]): Map<string, number> {
  const limits = new Map<string, number>();
  for (const server of configs.flatMap(({ servers }) => Object.values(servers))) {
    const key = serverKey(server);
    const { connections: own } = serverLimits(server);
    limits.set(key, Math.min(own, limits.get(key) ?? own));
  }
  return limits;
}

async function openProjects(
  session: Session,
  { configs, queue }: FleetConfigs,
  { store, redis }: { store: FleetStore; redis: OpenedQueue },
): Promise<Project[]> {
  const projects: Project[] = [];
  for (const loaded of configs) {
    const project = projectOf(loaded, {
      commandLine: session.commandLine,
      shared: { store, governors: redisGovernors(redis.fleet, queue.lease) },
    });
    // For what is booked and numbered besides the passes; these are written under leases of their own.
    const ledger = await project.openLedger();
    session.atEnd.push(() => shortly(ledger.close()));
    projects.push(project);
  }
  return projects;
}

/** Governors that share what they count with the other workers of the fleet. */
function redisGovernors(fleet: FleetRedis, holdMs: number): Governors {
  const options = ({ servers }: Config, book: TrafficBook): FleetGovernorOptions => {
    const keys = new Map(Object.entries(servers).map(([name, server]) => [name, serverKey(server)]));
    return { fleet, book, holdMs, now: () => new Date(), keyOf: (server) => keys.get(server) ?? server };
  };
  return {
    connections: (config, book) => redisGovernor(burdensOf(config), options(config, book)),
    requests: (config, book) => redisRequestGovernor(requestLimitsOf(config), options(config, book)),
  };
}

function fleetProject(
  { loaded, config, accounts, believe, limits, tempFolder }: Project,
  { queue }: FleetConfigs,
): FleetProject {
  const keys = new Map(Object.entries(config.servers).map(([name, server]) => [name, serverKey(server)]));
  return {
    assertFresh: (plan) => {
      assertPlanFresh(plan, loaded);
      // What the plan saw of a tenant is needed to write to it.
      believe(plan);
    },
    accounts: (mailbox, onWait, { items }) => accounts(mailbox, onWait, items),
    limits,
    serverKey: (server) => keys.get(server) ?? server,
    settleMs: config.sync.settle,
    tempDir: tempFolder,
    sliceMs: queue.slice,
    spreadFrom: queue.spread_from,
  };
}

function serversOf({ config, mailboxes, limits }: Project): ProjectServers {
  const room = (server: string): ServerRoom[] => {
    const found = config.servers[server];
    return found === undefined ? [] : [{ key: serverKey(found), ...limits(server) }];
  };
  return {
    sources: [...new Set(mailboxes.map(({ source }) => source.server))].flatMap(room),
    destinations: [...new Set(mailboxes.map(({ destination }) => destination.server))].flatMap(room),
  };
}

/** What the log does not show: addresses and user names. */
const namesOf = ({ mailboxes }: Project): string[] =>
  mailboxes.flatMap(({ address, source, destination }) => [
    address,
    source.user,
    destination.user,
    destination.address,
  ]);
