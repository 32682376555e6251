import { folderGroups, jobIdOf } from '@mxodus/engine';
import type { Plan, PlanMailbox, QueuedJob } from '@mxodus/model';
import { connectionsAt, needsOf } from '../sync/mailbox-jobs.ts';
import type { FleetProject } from './ports.ts';

type Servers = Pick<FleetProject, 'limits' | 'serverKey'>;

/** The job of a task, with the connections it needs. */
export const taskJob = (taskId: number, mailboxes: readonly PlanMailbox[], servers: Servers): QueuedJob => ({
  id: jobIdOf(taskId),
  connections: connectionsOf(mailboxes, servers, widthOf(mailboxes, servers)),
});

/** Connections that copy. */
export const widthOf = (mailboxes: readonly PlanMailbox[], { limits }: Servers): number =>
  needsOf(mailboxes, limits).width;

function connectionsOf(mailboxes: readonly PlanMailbox[], { serverKey }: Servers, width: number) {
  const sources = new Set(mailboxes.map(({ source }) => serverKey(source.server)));
  return connectionsAt({ sources, to: serverKey(mailboxes[0]?.destination.server ?? '') }, width);
}

/** The folders of a mailbox, shared out. */
export interface Shares {
  /** Source folders. */
  groups: readonly (readonly string[])[];
  /** Connections that copy, of each. */
  width: number;
}

const MOST_SHARES = 8;
/** A session for the small commands, and one or two connections that copy. */
const [FEWEST, USUAL] = [2, 3];

/**
 * As many shares as can be worked on at the same time within what the servers allow for one mailbox: nobody counts the connections of a
 * mailbox over several workers, so that together they never need more. null: not more than one.
 */
export function sharesOf(mailbox: PlanMailbox, { limits }: Servers): Shares | null {
  const most = (server: string): number => Math.min(limits(server).connections, limits(server).connectionsPerMailbox);
  const [from, to] = [most(mailbox.source.server), most(mailbox.destination.server)];
  const places = Math.min(MOST_SHARES, from, Math.floor(to / FEWEST), Math.max(2, Math.floor(to / USUAL)));
  if (places < 2) return null;
  const groups = folderGroups(mailbox, places);
  if (groups.length < 2) return null;
  const { length } = groups;
  return { groups, width: Math.max(1, Math.min(Math.floor(to / length) - 1, Math.floor(from / length))) };
}

export const shareJobs = (
  taskId: number,
  mailbox: PlanMailbox,
  { shares, servers }: { shares: Shares; servers: Servers },
): QueuedJob[] =>
  shares.groups.map((_, group) => ({
    id: jobIdOf(taskId, group),
    connections: connectionsOf([mailbox], servers, shares.width),
  }));

/** Only between IMAP servers: elsewhere the limits of a mailbox are not a matter of connections. */
export const isBetweenImap = ({ servers }: Plan, { source, destination }: PlanMailbox): boolean =>
  servers[source.server]?.kind === 'imap' && servers[destination.server]?.kind === 'imap';
