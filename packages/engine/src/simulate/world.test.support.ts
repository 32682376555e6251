import type { SimFleet, SimMailbox, SimServer, World } from './world.ts';

/** Worlds whose times can be worked out by hand: nothing costs anything but what a test says. */

const FREE = { perMessage: 0, perByte: 0 };

export const imap = (name: string, some: Partial<SimServer> = {}): SimServer => ({
  name,
  connections: 1000,
  connectionsPerMailbox: 2,
  roundTrip: 0,
  // One lane appends 1,000 messages a second.
  work: {
    read: FREE,
    append: { multiappend: { perMessage: 0.001, perByte: 0 }, pipelined: FREE, plain: FREE },
    cores: Number.POSITIVE_INFINITY,
  },
  bytesPerSecond: null,
  bytesPerDay: null,
  requests: null,
  ...some,
});

/** Microsoft's limits; 20 requests a second while there is room in the window. */
export const tenant = (name: string, some: Partial<SimServer> = {}): SimServer => ({
  ...imap(name),
  connectionsPerMailbox: 3,
  work: null,
  requests: {
    concurrent: 4,
    answer: 0.2,
    requests: { most: 10_000, inMs: 600_000 },
    upload: { mostBytes: 150_000_000, inMs: 300_000 },
    allPerSecond: 13_000,
  },
  ...some,
});

export const mailboxOf = (messages: number, some: Partial<SimMailbox> = {}): SimMailbox => ({
  project: 'acme',
  wave: 50,
  source: 'old',
  destination: 'new',
  messages,
  bytes: messages * 1000,
  folders: 0,
  append: 'multiappend',
  ...some,
});

export const fleet = (some: Partial<SimFleet> = {}): SimFleet => ({
  workers: 1,
  places: Number.POSITIVE_INFINITY,
  cores: 1,
  cpu: { toImap: FREE, toService: FREE },
  bytesInFlight: Number.POSITIVE_INFINITY,
  slice: Number.POSITIVE_INFINITY,
  job: 0,
  ledger: { rowsPerSecond: Number.POSITIVE_INFINITY, rowsPerMessage: 2 },
  sharedCores: null,
  ...some,
});

export const worldOf = (mailboxes: readonly SimMailbox[], some: Partial<World> = {}): World => ({
  servers: [imap('old'), imap('new')],
  mailboxes,
  fleet: fleet(),
  ...some,
});

export const several = (count: number, mailbox: SimMailbox): SimMailbox[] =>
  Array.from({ length: count }, () => mailbox);
