import type { AppendKind, Cost } from './world.ts';

/**
 * The figures a simulation rests on, each with where it comes from. `measured`: on 2 cores of an Intel Xeon at 2.5 GHz with Dovecot
 * 2.3.19 at both ends; `npm run bench` and `npm run bench:simulation` measure anew.
 */

export type Origin = 'documented' | 'measured' | 'assumed';

export interface Figure<T> {
  value: T;
  from: Origin;
  source: string;
}

const MB = 1_000_000;

export const WORKER_CPU: Figure<Cost> = {
  value: { perMessage: 100e-6, perByte: 5e-9 },
  from: 'measured',
  source: '`npm run bench`, 2026-11: 8.3 s for 50,000 messages of 12.9 kB; one large message passes at 175 MB/s',
};

export const WORKER_CPU_TO_EXCHANGE: Figure<Cost> = {
  value: { perMessage: 4.7e-3, perByte: 20e-9 },
  from: 'measured',
  source: '`npm run bench:exchange -- --waits 0`, 2026-11-23: what 1,600 messages more take, 5.0 ms each',
};

/** A process of Node computes on one core, whatever the machine has. */
export const WORKER_CORES: Figure<number> = {
  value: 1,
  from: 'documented',
  source: 'Node.js: one thread runs JavaScript',
};

export const WORKER_PLACES: Figure<number> = {
  value: 8,
  from: 'assumed',
  source: 'a worker on 2 cores: 4 mailboxes a core at once, fewer where the servers let in fewer',
};

/** Of one process without a queue, and of a worker. */
export const BYTES_IN_FLIGHT: Figure<{ alone: number; worker: number }> = {
  value: { alone: 64 * 1024 * 1024, worker: 128 * 1024 * 1024 },
  from: 'documented',
  source: 'docs/simulation.md',
};

/** As the lanes of a sync have them. */
export const BATCH: Figure<{ messages: number; bytes: number }> = {
  value: { messages: 150, bytes: 3 * 1024 * 1024 },
  from: 'documented',
  source: 'docs/architecture.md',
};

/** Of one connection of Dovecot. */
export const READ: Figure<Cost> = {
  value: { perMessage: 40e-6, perByte: 2e-9 },
  from: 'measured',
  source: 'FETCH of 2 kB on loopback, 15,500 messages/s, 2026-11',
};

/** Of one connection of Dovecot; without MULTIAPPEND it makes sure of each message by itself. */
export const APPEND: Figure<Readonly<Record<AppendKind, Cost>>> = {
  value: {
    multiappend: { perMessage: 270e-6, perByte: 6.4e-9 },
    pipelined: { perMessage: 2.55e-3, perByte: 6.4e-9 },
    plain: { perMessage: 2.86e-3, perByte: 6.4e-9 },
  },
  from: 'measured',
  source:
    'one connection to Dovecot, 2026-11: MULTIAPPEND 2,680 to 2,970 messages/s, one at a time 340, without waiting 380',
};

export const SERVER_CORES: Figure<number> = {
  value: 4,
  from: 'assumed',
  source: 'mail servers with four cores each, as fast as the Dovecot that was measured',
};

/** There and back, to one end. */
export const ROUND_TRIP: Figure<number> = { value: 0.04, from: 'assumed', source: 'mail servers within a continent' };

/** Connecting and signing in, the list of folders, the first and last look; then more connections, where there is enough to copy. */
export const OPENING: Figure<{ roundTrips: number; aFolder: number; moreLanes: number; seconds: number }> = {
  value: { roundTrips: 22, aFolder: 2, moreLanes: 8, seconds: 0.05 },
  from: 'measured',
  source:
    'a mailbox of 4 folders through a line of 300 and of 900 ms, 2026-11-23: 32 round trips for 10 messages, 40 for 400',
};

/** To look again at what is there already, of each message, when a slice begins. */
export const LOOK_AGAIN: Figure<number> = {
  value: 10e-6,
  from: 'assumed',
  source: 'a list of UIDs and flags at 100,000 a second',
};

/** Microsoft's for one app and one mailbox are in the config (`limits`). */
export const GRAPH_ALL_PER_SECOND: Figure<number> = {
  value: 13_000,
  from: 'documented',
  source: 'Microsoft Graph throttling limits: 130,000 requests in 10 s of one app',
};

export const GRAPH_ANSWER: Figure<number> = {
  value: 0.2,
  from: 'assumed',
  source: 'Graph answers a create after 200 ms',
};

/** Taken from the queue, with lease and task. */
export const JOB: Figure<number> = {
  value: 0.03,
  from: 'assumed',
  source: 'a few round trips to Redis and PostgreSQL',
};

export const SLICE: Figure<number> = { value: 300, from: 'documented', source: '`queue.slice`' };

/** The intent before it is sent, and that it is there. */
export const LEDGER: Figure<{ rowsPerSecond: number; rowsPerMessage: number }> = {
  value: { rowsPerSecond: 60_000, rowsPerMessage: 2 },
  from: 'measured',
  source: '`npm run bench:ledger`, 2026-11-23: PostgreSQL on the same 2 cores, fsync on, 31,500 messages/s',
};

export const SQLITE: Figure<{ rowsPerSecond: number; rowsPerMessage: number }> = {
  value: { rowsPerSecond: 180_000, rowsPerMessage: 2 },
  from: 'measured',
  source: 'SQLite in WAL mode, 50 rows a transaction, 2026-11',
};

/** Microsoft's own: what the config may lower and not raise. */
export const MICROSOFT = { requests: { most: 10_000, inMs: 600_000 }, upload: { mostBytes: 150 * MB, inMs: 300_000 } };
