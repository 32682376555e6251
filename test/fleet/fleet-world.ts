import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type PostgresServer, type RedisServer, startPostgres, startRedis } from '@mxodus/lab';
import { type JourneyOptions, startJourney } from '../journey.ts';

/** A journey whose sync is done by workers: two mail servers, Redis, PostgreSQL, and worker processes that may be killed. */
export type Fleet = Awaited<ReturnType<typeof startFleet>>;

export interface FleetOptions extends JourneyOptions {
  /** Of `queue`, in the config's words; small, so that a test sees many of them. */
  slice?: string;
  lease?: string;
  spreadFrom?: number;
}

export interface Worker {
  readonly process: ChildProcess;
  /** What it logged so far. */
  readonly log: () => string;
  /** Where its health and metrics are. */
  readonly address: string;
  /** kill -9, and it is gone. */
  kill(): Promise<void>;
  /** As an operator stops it. Returns its exit code. */
  stop(): Promise<number | null>;
}

export async function startFleet(options: FleetOptions) {
  const { slice = '5m', lease = '4s', spreadFrom = 20_000 } = options;
  const redis: RedisServer = await startRedis();
  const postgres: PostgresServer = await startPostgres();
  const journey = await startJourney({
    ...options,
    config: `${options.config ?? 'sync: { settle: 2s }'}
ledger: { kind: postgres, url: { file: ./postgres.url } }
queue: { kind: bullmq, redis: { file: ./redis.url }, slice: ${slice}, lease: ${lease}, spread_from: ${spreadFrom} }`,
  });
  await writeFile(join(journey.dir, 'postgres.url'), postgres.url, { mode: 0o600 });
  await writeFile(join(journey.dir, 'redis.url'), redis.url, { mode: 0o600 });
  const startWorker = async (atOnce: number, ...more: string[]): Promise<Worker> => {
    const words = ['worker', '-c', 'mxodus.yaml', '--listen', '127.0.0.1:0', '--at-once', String(atOnce), ...more];
    return whenReady(journey.spawn(...words));
  };
  return {
    ...journey,
    redis,
    postgres,
    startWorker,
    stop: async (): Promise<void> => {
      await journey.stop();
      await redis.stop();
      await postgres.stop();
    },
  };
}

async function whenReady(child: ChildProcess): Promise<Worker> {
  let log = '';
  const { promise: ready, resolve, reject } = Promise.withResolvers<string>();
  child.stderr?.on('data', (chunk: Buffer) => {
    log += chunk.toString();
    const address = /"listen":"([^"]+)"/.exec(log)?.[1];
    if (address !== undefined) resolve(address);
  });
  child.stdout?.resume();
  const ended = once(child, 'exit');
  ended.then(
    () => reject(new Error(`the worker ended before it was ready: ${log}`)),
    (error: unknown) => reject(error),
  );
  return {
    process: child,
    log: () => log,
    address: await ready,
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
      return child.exitCode;
    },
  };
}
