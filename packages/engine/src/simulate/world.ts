import type { Pace } from '../plan/estimate.ts';

/** What a simulation is of. Times are seconds. */
export interface World {
  servers: readonly SimServer[];
  mailboxes: readonly SimMailbox[];
  fleet: SimFleet;
}

/** What one message costs. */
export interface Cost {
  perMessage: number;
  perByte: number;
}

export interface SimServer {
  name: string;
  /** At once over all mailboxes, and of one. A mailbox takes one a lane, and one more at the destination. */
  connections: number;
  connectionsPerMailbox: number;
  roundTrip: number;
  /** What one connection takes for a message, and how many of them work at full speed; null: a service of which that is not known. */
  work: { read: Cost; append: Readonly<Record<AppendKind, Cost>>; cores: number } | null;
  /** Of message bytes, over all mailboxes; null: no limit. */
  bytesPerSecond: number | null;
  /** Of one mailbox on a day; null: no limit. */
  bytesPerDay: number | null;
  /** Of a service that takes a message in one HTTP request; null: it speaks IMAP. */
  requests: SimRequests | null;
}

/** Many messages a command, one a command without waiting, or one at a time. */
export type AppendKind = 'multiappend' | 'pipelined' | 'plain';

export interface SimRequests extends Pick<Pace, 'requests' | 'upload'> {
  /** Under way at once, of one mailbox. */
  concurrent: number;
  /** Until one is answered. */
  answer: number;
  /** A second, over all mailboxes. */
  allPerSecond: number;
}

export interface SimMailbox {
  project: string;
  /** Lower ones first. */
  wave: number;
  source: string;
  destination: string;
  messages: number;
  bytes: number;
  folders: number;
  append: AppendKind;
}

export interface SimFleet {
  workers: number;
  /** Mailboxes one worker works on at once; Infinity: as many as the servers let in. */
  places: number;
  /** Of one worker. */
  cores: number;
  /** What one message takes of them. */
  cpu: { toImap: Cost; toService: Cost };
  bytesInFlight: number;
  /** How long a worker stays with one mailbox while others wait; Infinity: until it is done. */
  slice: number;
  /** To take a job from the queue, with its lease. */
  job: number;
  ledger: { rowsPerSecond: number; rowsPerMessage: number };
  /** Cores of the one machine that mail servers and workers share; null: each has its own. */
  sharedCores: number | null;
}
