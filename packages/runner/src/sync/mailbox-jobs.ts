import type { LabelPolicy } from '@mxodus/engine';
import type { Job, PlanMailbox } from '@mxodus/model';

export interface ServerLimits {
  connections: number;
  connectionsPerMailbox: number;
  /** What is done with the labels, where the server turns out to be Gmail. */
  labels: LabelPolicy;
}

export interface MailboxJob extends Job {
  /** Several, one after the other, when they go into the same destination mailbox. */
  mailboxes: PlanMailbox[];
  width: number;
}

/** Mailboxes that go into the same destination mailbox are one job. Small ones first: their people do not wait for the big ones. */
export function mailboxJobs(mailboxes: readonly PlanMailbox[], limits: (server: string) => ServerLimits): MailboxJob[] {
  return groupByDestination(mailboxes).map((group) => ({
    id: group.map(({ address }) => address).join(' '),
    mailboxes: group,
    ...needsOf(group, limits),
  }));
}

/** Smallest first, the groups and what is in them. */
export function groupByDestination(mailboxes: readonly PlanMailbox[]): PlanMailbox[][] {
  const byDestination = Map.groupBy(mailboxes, destinationOf);
  return [...byDestination.values()]
    .map((group) => group.toSorted((a, b) => a.messages - b.messages))
    .sort((a, b) => sizeOf(a) - sizeOf(b));
}

/** Names the mailbox it goes into. */
export const destinationOf = ({ destination: { server, user } }: PlanMailbox): string =>
  `${user.toLowerCase()} ${server}`;

export const sizeOf = (mailboxes: readonly { messages: number }[]): number =>
  mailboxes.reduce((sum, { messages }) => sum + messages, 0);

/** The connections a pass over these mailboxes needs at each server, one mailbox after the other, and how many of them copy. */
export function needsOf(
  mailboxes: readonly PlanMailbox[],
  limits: (server: string) => ServerLimits,
): { connections: Record<string, number>; width: number } {
  const sources = new Set(mailboxes.map((mailbox) => mailbox.source.server));
  const to = mailboxes[0]?.destination.server ?? '';
  // At the destination one connection is for the small commands; at the source the first lane's does both.
  const widths = [...sources].map((server) => widthAt(limits(server), 0));
  const width = Math.max(1, Math.min(widthAt(limits(to), 1), ...widths));
  return { connections: connectionsAt({ sources, to }, width), width };
}

/** Where one server is both, it needs both. */
export function connectionsAt(
  { sources, to }: { sources: Iterable<string>; to: string },
  width: number,
): Record<string, number> {
  const needs: Record<string, number> = {};
  for (const server of sources) needs[server] = width;
  needs[to] = (needs[to] ?? 0) + width + 1;
  return needs;
}

const widthAt = ({ connections, connectionsPerMailbox }: ServerLimits, apart: number): number =>
  Math.min(connections, connectionsPerMailbox) - apart;
