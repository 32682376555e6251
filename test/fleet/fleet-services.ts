import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startPostgres, startRedis } from '@mxodus/lab';

/** Of `queue`, in the config's words; small, so that a test sees many of them. */
export interface QueueKeys {
  slice?: string;
  lease?: string;
  spreadFrom?: number;
}

/** What a fleet needs beside mail servers: Redis, PostgreSQL, and the lines of the config that name them. */
export async function startFleetServices({ slice = '5m', lease = '4s', spreadFrom = 20_000 }: QueueKeys = {}) {
  const redis = await startRedis();
  const postgres = await startPostgres();
  return {
    redis,
    postgres,
    config: `ledger: { kind: postgres, url: { file: ./postgres.url } }
queue: { kind: bullmq, redis: { file: ./redis.url }, slice: ${slice}, lease: ${lease}, spread_from: ${spreadFrom} }`,
    /** Beside the config. */
    writeUrls: async (dir: string): Promise<void> => {
      await writeFile(join(dir, 'postgres.url'), postgres.url, { mode: 0o600 });
      await writeFile(join(dir, 'redis.url'), redis.url, { mode: 0o600 });
    },
    stop: async (): Promise<void> => {
      await redis.stop();
      await postgres.stop();
    },
  };
}
