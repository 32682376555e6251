import { type RedisServer, startRedis } from '@mxodus/lab';
import { Redis } from 'ioredis';

/** A Redis, and connections of workers to it. */
export interface FleetServer extends RedisServer {
  connect(): Redis;
}

export async function startFleetServer(): Promise<FleetServer> {
  const server = await startRedis();
  const opened: Redis[] = [];
  return {
    ...server,
    connect: () => {
      const made = new Redis(server.url, { maxRetriesPerRequest: null, retryStrategy: () => 20 });
      // It comes back by itself.
      made.on('error', () => undefined);
      opened.push(made);
      return made;
    },
    stop: async () => {
      for (const redis of opened) redis.disconnect();
      await server.stop();
    },
  };
}
