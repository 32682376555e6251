import type { Config, JobQueue, ReservationMemory } from '@mxodus/model';
import type { FleetRedis } from '@mxodus/queue/bullmq';
import { resolveSecret } from './config/secrets.ts';

/** The queue of the fleet a config names, for who only says something to it (cancel, first). */
export interface QueueServices {
  /** Loaded, and connected to, when it is first needed. Throws QUEUE_UNREACHABLE, QUEUE_REFUSED, QUEUE_UNSAFE. */
  queue(): Promise<JobQueue>;
  close(): Promise<void>;
}

/** null: the config names no fleet. */
export function queueServices({ queue }: Config, baseDir: string): QueueServices | null {
  if (queue.kind !== 'bullmq') return null;
  let opened: Promise<OpenedQueue> | undefined;
  const open = async (): Promise<OpenedQueue> =>
    // What Redis could not be told is in the ledger all the same.
    openQueue(
      { queue, redisUrl: await resolveSecret(queue.redis, baseDir) },
      { limits: null, onTrouble: () => undefined },
    );
  return {
    queue: async () => {
      opened ??= open();
      return (await opened).queue;
    },
    close: async () => {
      const one = await opened?.catch(() => undefined);
      await one?.close();
    },
  };
}

export interface OpenedQueue {
  queue: JobQueue;
  /** What the governors of a process share with the others of the fleet. */
  fleet: FleetRedis;
  /** null: for who takes no jobs. */
  reservations: ReservationMemory | null;
  /** What people should know about the server. */
  warnings: readonly string[];
  /** Resolves when Redis answered. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

export interface FleetPlace {
  queue: Extract<Config['queue'], { kind: 'bullmq' }>;
  /** Never to be shown. */
  redisUrl: string;
}

/** @param options.limits connections at once, over all workers, by server key; null: for who takes no jobs */
export async function openQueue(
  { queue: place, redisUrl }: FleetPlace,
  {
    limits,
    onTrouble,
  }: { limits: ((serverKey: string) => number) | null; onTrouble: (error: unknown, jobId: string | null) => void },
): Promise<OpenedQueue> {
  const { bullmqQueue, connectRedis, FleetRedis, redisReservations } = await import('@mxodus/queue/bullmq');
  const { redis, warnings, close } = await connectRedis(redisUrl);
  const reservations =
    limits === null ? null : redisReservations(redis, { fleet: place.fleet, limits, ttlMs: place.lease });
  // What a worker had that is out of touch is free again, its jobs and connections too, when its leases are.
  const timings = { lockMs: place.lease, stalledMs: place.lease / 2, noRoomMs: Math.min(2000, place.lease / 4) };
  const queue = bullmqQueue({ redis, fleet: place.fleet, reservations, onTrouble, timings });
  const fleet = new FleetRedis(redis, place.fleet);
  return {
    ...{ queue, fleet, reservations, warnings },
    ping: async () => void (await redis.ping()),
    close: async () => {
      await queue.close();
      await reservations?.close();
      fleet.close();
      close();
    },
  };
}
