import { type RedisServer, startRedis, until } from '@mxodus/lab';
import type { JobQueue } from '@mxodus/model';
import type { Redis } from 'ioredis';
import { connectRedis } from '../redis/connect-redis.ts';
import { redisReservations } from '../reservations/redis-reservations.ts';
import type { Reservations } from '../reservations/reservations.ts';
import { bullmqQueue, type QueueTimings } from './bullmq-queue.ts';

export interface TestQueues {
  server: RedisServer;
  redis: Redis;
  troubles: unknown[];
  /** A fleet of its own for each name; its servers have so many connections. */
  open(fleet: string, limits: Readonly<Record<string, number>>, timings?: Partial<QueueTimings>): JobQueue;
  newFleet(): string;
  close(): Promise<void>;
}

/** The reservations of all fleets of a file are kept in one, which grants nothing for half of this after its beginning. */
const TTL_MS = 2000;

export async function startQueues(): Promise<TestQueues> {
  const server = await startRedis();
  const troubles: unknown[] = [];
  const { redis, close } = await connectRedis(server.url, { onTrouble: (error) => void troubles.push(error) });
  const limitOf = new Map<string, number>();
  const reservations = redisReservations(redis, {
    fleet: 'all',
    limits: (server) => limitOf.get(server) ?? 0,
    ttlMs: TTL_MS,
  });
  limitOf.set('any', 1);
  await until('connections are granted', () => reservations.take('first', { any: 1 }));
  await reservations.giveBack('first');
  let fleets = 0;
  return {
    ...{ server, redis, troubles },
    newFleet: () => `fleet-${++fleets}`,
    open: (fleet, limits, timings = {}) => {
      for (const [server, count] of Object.entries(limits)) limitOf.set(`${fleet}/${server}`, count);
      return bullmqQueue({
        ...{ redis, fleet },
        reservations: ofFleet(reservations, fleet),
        onTrouble: (error, jobId) => void troubles.push({ jobId, error }),
        // So long that only those called in time have a chance.
        timings: { noRoomMs: 60_000, ...timings },
      });
    },
    close: async () => {
      await reservations.close();
      close();
      await server.stop();
    },
  };
}

function ofFleet(all: Reservations, fleet: string): Reservations {
  const name = (word: string): string => `${fleet}/${word}`;
  return {
    take: (jobId, needs) =>
      all.take(name(jobId), Object.fromEntries(Object.entries(needs).map(([server, count]) => [name(server), count]))),
    giveBack: (jobId) => all.giveBack(name(jobId)),
    onLost: (listener) => all.onLost((jobId) => jobId.startsWith(name('')) && listener(jobId.slice(name('').length))),
    onFree: (listener) => all.onFree(listener),
    memory: () => all.memory(),
    trust: (memory) => all.trust(memory),
    close: async () => undefined,
  };
}
