/** A copy small enough to be measured in some seconds, with one thing in it that the simulation has to get right. */
export interface Scenario {
  name: string;
  mailboxes: number;
  messages: number;
  /** To each of the two servers. */
  roundTripMs: number;
  limits: { connections: number; connections_per_mailbox: number; bytes_per_second?: string };
}

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'one mailbox, loopback: what the machine can compute',
    mailboxes: 1,
    messages: 8000,
    roundTripMs: 0,
    limits: { connections: 20, connections_per_mailbox: 4 },
  },
  {
    name: '20 mailboxes, 40 ms to both servers: signing in and round trips',
    mailboxes: 20,
    messages: 400,
    roundTripMs: 40,
    limits: { connections: 20, connections_per_mailbox: 4 },
  },
  {
    name: '12 mailboxes, 4 connections, 40 ms: one after the other',
    mailboxes: 12,
    messages: 400,
    roundTripMs: 40,
    limits: { connections: 4, connections_per_mailbox: 4 },
  },
  {
    name: '8 mailboxes, 4 MB a second at the source',
    mailboxes: 8,
    messages: 400,
    roundTripMs: 0,
    limits: { connections: 20, connections_per_mailbox: 4, bytes_per_second: '4MB' },
  },
];
