import type { Config, Plan, PlanMailbox, ServerConfig } from '@mxodus/model';
import {
  APPEND,
  BYTES_IN_FLIGHT,
  GRAPH_ALL_PER_SECOND,
  GRAPH_ANSWER,
  JOB,
  LEDGER,
  READ,
  ROUND_TRIP,
  SERVER_CORES,
  SLICE,
  SQLITE,
  WORKER_CORES,
  WORKER_CPU,
  WORKER_CPU_TO_EXCHANGE,
  WORKER_PLACES,
} from './figures.ts';
import type { AppendKind, SimFleet, SimMailbox, SimServer, World } from './world.ts';

type PlannedConfig = Pick<Config, 'project' | 'servers' | 'queue' | 'ledger'>;

/**
 * The first copy of a plan, with the limits of the config.
 *
 * @param workers of a fleet; null: as the config says, one worker or one process without a queue
 */
export function worldOfPlan(plan: Plan, config: PlannedConfig, workers: number | null): World {
  const mailboxes = mailboxesOf(plan);
  const used = new Set(mailboxes.flatMap(({ source, destination }) => [source, destination]));
  const servers = Object.entries(config.servers).flatMap(([name, server]) =>
    used.has(name) ? [serverOf(name, server)] : [],
  );
  const isFleet = workers !== null || config.queue.kind === 'bullmq';
  return {
    servers,
    mailboxes,
    fleet: isFleet ? fleetOf(config, workers ?? 1, placesFor(servers, mailboxes)) : oneProcess(config),
  };
}

const WORKER: Pick<SimFleet, 'cores' | 'cpu' | 'sharedCores'> = {
  cores: WORKER_CORES.value,
  cpu: { toImap: WORKER_CPU.value, toService: WORKER_CPU_TO_EXCHANGE.value },
  sharedCores: null,
};

const fleetOf = ({ queue }: PlannedConfig, workers: number, places: number): SimFleet => ({
  ...WORKER,
  bytesInFlight: BYTES_IN_FLIGHT.value.worker,
  workers,
  places,
  slice: queue.kind === 'bullmq' ? queue.slice / 1000 : SLICE.value,
  job: JOB.value,
  ledger: LEDGER.value,
});

const oneProcess = ({ ledger }: PlannedConfig): SimFleet => ({
  ...WORKER,
  bytesInFlight: BYTES_IN_FLIGHT.value.alone,
  workers: 1,
  places: Number.POSITIVE_INFINITY,
  slice: Number.POSITIVE_INFINITY,
  job: 0,
  ledger: ledger.kind === 'sqlite' ? SQLITE.value : LEDGER.value,
});

/** As a worker chooses by itself: no more than the servers let in. */
function placesFor(servers: readonly SimServer[], mailboxes: readonly SimMailbox[]): number {
  const roomOf = (end: 'source' | 'destination'): number => {
    const names = new Set(mailboxes.map((mailbox) => mailbox[end]));
    return servers
      .filter(({ name }) => names.has(name))
      .map(({ connections, connectionsPerMailbox: each }) =>
        Math.max(1, Math.floor(connections / Math.min(connections, each))),
      )
      .reduce((sum, room) => sum + room, 0);
  };
  return Math.max(1, Math.min(WORKER_PLACES.value, roomOf('source'), roomOf('destination')));
}

/** What a mailbox of a tenant counts as, in connections: two lanes, and the session for small requests. */
const TENANT_LANES = 3;

function serverOf(name: string, server: ServerConfig): SimServer {
  const { limits } = server;
  const bytes = { bytesPerSecond: limits.bytes_per_second, bytesPerDay: limits.bytes_per_day };
  if (server.kind === 'imap') {
    return {
      name,
      ...bytes,
      connections: server.limits.connections,
      connectionsPerMailbox: server.limits.connections_per_mailbox,
      roundTrip: isHere(server.host) ? 0 : ROUND_TRIP.value,
      work: { read: READ.value, append: APPEND.value, cores: SERVER_CORES.value },
      requests: null,
    };
  }
  const { mailboxes, concurrent_requests, requests, requests_in, upload, upload_in } = server.limits;
  return {
    name,
    ...bytes,
    connections: mailboxes * TENANT_LANES,
    connectionsPerMailbox: TENANT_LANES,
    roundTrip: ROUND_TRIP.value,
    work: null,
    requests: {
      concurrent: concurrent_requests,
      answer: GRAPH_ANSWER.value,
      requests: { most: requests, inMs: requests_in },
      upload: { mostBytes: upload, inMs: upload_in },
      allPerSecond: GRAPH_ALL_PER_SECOND.value,
    },
  };
}

const isHere = (host: string): boolean => host === 'localhost' || host === '::1' || /^127\.[\d.]+$/.test(host);

/** Those that go into one mailbox are done one after the other: they are one, from the server that has most of it. */
function mailboxesOf({ project, mailboxes }: Plan): SimMailbox[] {
  const groups = Map.groupBy(mailboxes, ({ destination }) =>
    JSON.stringify([destination.server, destination.user.toLowerCase()]),
  );
  return [...groups.values()].flatMap((group) => {
    const [largest] = group.toSorted((a, b) => b.messages - a.messages);
    if (largest === undefined) return [];
    const sum = (count: (mailbox: PlanMailbox) => number): number => group.reduce((all, one) => all + count(one), 0);
    return [
      {
        project,
        wave: Math.min(...group.map(({ wave = DEFAULT_WAVE }) => wave)),
        source: largest.source.server,
        destination: largest.destination.server,
        messages: sum((one) => one.messages - one.too_large.length),
        bytes: sum((one) => one.too_large.reduce((rest, { bytes }) => rest - bytes, one.bytes)),
        folders: sum(({ folders }) => folders.filter(({ excluded }) => !excluded).length),
        append: appendOf(largest.destination_capabilities),
      },
    ];
  });
}

const DEFAULT_WAVE = 50;

/** LITERAL- alone lets hardly any message go without asking first (4 KiB). */
function appendOf(capabilities: readonly string[]): AppendKind {
  if (!capabilities.includes('LITERAL+')) return 'plain';
  return capabilities.includes('MULTIAPPEND') ? 'multiappend' : 'pipelined';
}
