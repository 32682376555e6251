import { type JourneyOptions, startJourney } from '../journey.ts';
import { type QueueKeys, startFleetServices } from './fleet-services.ts';
import { startWorker } from './worker-process.ts';

export type { Worker } from './worker-process.ts';

/** A journey whose sync is done by workers: two mail servers, Redis, PostgreSQL, and worker processes that may be killed. */
export type Fleet = Awaited<ReturnType<typeof startFleet>>;

export type FleetOptions = JourneyOptions & QueueKeys;

export async function startFleet(options: FleetOptions) {
  const services = await startFleetServices(options);
  const journey = await startJourney({
    ...options,
    config: `${options.config ?? 'sync: { settle: 2s }'}\n${services.config}`,
  });
  await services.writeUrls(journey.dir);
  return {
    ...journey,
    redis: services.redis,
    postgres: services.postgres,
    startWorker: (atOnce: number, ...more: string[]) => startWorker(journey.spawn, atOnce, ...more),
    stop: async (): Promise<void> => {
      await journey.stop();
      await services.stop();
    },
  };
}
