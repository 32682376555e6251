import { availableParallelism } from 'node:os';

/** What a project of the worker may do at its servers, for the number of jobs at once. */
export interface ProjectServers {
  sources: readonly ServerRoom[];
  destinations: readonly ServerRoom[];
}

export interface ServerRoom {
  /** Opaque; the same server of several projects counts once. */
  key: string;
  connections: number;
  connectionsPerMailbox: number;
}

const JOBS_A_CORE = 4;

/** How many jobs at once: what the cores can do, and no more than the servers let in. At least one. */
export function defaultPlaces(projects: readonly ProjectServers[], cores = availableParallelism()): number {
  const sources = roomOf(projects.flatMap((project) => project.sources));
  const destinations = roomOf(projects.flatMap((project) => project.destinations));
  return Math.max(1, Math.min(JOBS_A_CORE * cores, sources, destinations));
}

/** Mailboxes worked on at once with all the connections they may have. */
function roomOf(servers: readonly ServerRoom[]): number {
  const distinct = new Map(servers.map((server) => [server.key, server]));
  return [...distinct.values()].reduce(
    (sum, { connections, connectionsPerMailbox }) =>
      sum + Math.max(1, Math.floor(connections / Math.min(connections, connectionsPerMailbox))),
    0,
  );
}
