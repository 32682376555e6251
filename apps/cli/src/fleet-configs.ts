import { type Config, MxodusError } from '@mxodus/model';
import { type LoadedConfig, loadConfig } from './config/load-config.ts';
import { resolveSecret } from './config/secrets.ts';

type FleetQueue = Extract<Config['queue'], { kind: 'bullmq' }>;

/** The configs of one worker, and what they have in common. */
export interface FleetConfigs {
  configs: readonly LoadedConfig[];
  queue: FleetQueue;
  /** Connection strings: never to be shown. */
  redisUrl: string;
  postgresUrl: string;
}

interface OneFleet {
  loaded: LoadedConfig;
  queue: FleetQueue;
  redisUrl: string;
  postgresUrl: string;
}

/** Throws CONFIG_INVALID unless all are projects of one fleet, each another, with one Redis and one PostgreSQL. */
export async function fleetConfigs(paths: readonly string[]): Promise<FleetConfigs> {
  const fleets: OneFleet[] = [];
  for (const path of paths) fleets.push(await oneFleet(path));
  const [first, ...others] = fleets;
  if (first === undefined) throw new Error('a worker has at least one config');
  others.forEach((other, index) => {
    const before = fleets
      .slice(0, index + 1)
      .find(({ loaded }) => loaded.config.project === other.loaded.config.project);
    if (before !== undefined) throw differ(before, other, 'are of the same project', 'each project is named once');
    if (first.queue.fleet !== other.queue.fleet) throw differ(first, other, 'name different fleets', SAME);
    if (first.redisUrl !== other.redisUrl) throw differ(first, other, 'name different Redis servers', SAME);
    if (first.postgresUrl !== other.postgresUrl)
      throw differ(first, other, 'name different PostgreSQL databases', SAME);
  });
  const { queue, redisUrl, postgresUrl } = first;
  return { configs: fleets.map(({ loaded }) => loaded), queue, redisUrl, postgresUrl };
}

const SAME = 'the projects of one worker share its fleet, its Redis and its PostgreSQL';

async function oneFleet(path: string): Promise<OneFleet> {
  const loaded = await loadConfig(path);
  const { queue, ledger } = loaded.config;
  if (queue.kind !== 'bullmq' || ledger.kind !== 'postgres') {
    throw new MxodusError('CONFIG_INVALID', {
      what: 'the config names no fleet to work for',
      why: `it has \`queue.kind: ${queue.kind}\` and \`ledger.kind: ${ledger.kind}\``,
      advice: 'add `ledger: { kind: postgres, … }` and `queue: { kind: bullmq, … }` to it (docs/fleet.md)',
      where: path,
    });
  }
  return {
    ...{ loaded, queue },
    redisUrl: await resolveSecret(queue.redis, loaded.baseDir),
    postgresUrl: await resolveSecret(ledger.url, loaded.baseDir),
  };
}

const differ = (a: OneFleet, b: OneFleet, what: string, why: string): MxodusError =>
  new MxodusError('CONFIG_INVALID', {
    what: `${a.loaded.path} and ${b.loaded.path} ${what}`,
    why,
    advice: 'start a worker for each, or make the configs agree',
  });
