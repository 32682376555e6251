import { MxodusError } from '@mxodus/model';
import { Redis } from 'ioredis';
import { redisTrouble } from './redis-trouble.ts';
import { aofIsOn, evictionPolicy, redisVersion } from './server-info.ts';

/** BullMQ wants 6.2 at least. */
const OLDEST = [6, 2] as const;
const CONNECT_MS = 5000;
const LONGEST_PAUSE_MS = 5000;

export interface RedisConnectOptions {
  /** A connection was lost, or could not be made again yet. */
  onTrouble?: (error: MxodusError) => void;
}

export interface ConnectedRedis {
  /** For ever: it connects again by itself, as do its duplicates. Commands wait meanwhile. */
  redis: Redis;
  /** Of the server; null: it does not tell. */
  version: string | null;
  /** What people should know about the server; shown once. */
  warnings: readonly string[];
  /** Waits for nothing. */
  close(): void;
}

/**
 * Connects to the Redis of a fleet and looks whether it is fit for it. Throws QUEUE_UNREACHABLE, QUEUE_REFUSED (user, or too old) and
 * QUEUE_UNSAFE.
 *
 * @param url `redis://` or `rediss://` with user, password and number of the database; never shown
 */
export async function connectRedis(url: string, { onTrouble }: RedisConnectOptions = {}): Promise<ConnectedRedis> {
  checkUrl(url);
  let wasConnected = false;
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: CONNECT_MS,
    maxRetriesPerRequest: null,
    retryStrategy: (attempt) => (wasConnected ? pauseMs(attempt) : null),
  });
  let first: unknown;
  redis.on('error', (error: unknown) => {
    first ??= error;
    if (wasConnected) onTrouble?.(redisTrouble(error));
  });
  try {
    await redis.connect();
    // By itself it would go on with database 0 where there is none of this number.
    if (redis.options.db) await redis.select(redis.options.db);
    const found = await inspect(redis);
    wasConnected = true;
    return { redis, ...found, close: () => redis.disconnect() };
  } catch (error) {
    redis.disconnect();
    // What `connect` throws is that the connection was closed; why it was came before.
    throw error instanceof MxodusError ? error : redisTrouble(first ?? error);
  }
}

/** 50 ms, 100 ms, ... 5 s, each a little different, so that a fleet does not come back all at once. */
function pauseMs(attempt: number): number {
  return Math.min(LONGEST_PAUSE_MS, 50 * 2 ** Math.min(attempt - 1, 10)) * (0.75 + Math.random() / 4);
}

function checkUrl(url: string): void {
  const { protocol } = URL.parse(url) ?? {};
  if (protocol === 'redis:' || protocol === 'rediss:') return;
  throw new MxodusError('QUEUE_REFUSED', {
    what: 'the connection string of the queue is not one of Redis',
    why: 'it does not begin with redis:// or rediss://',
    advice: 'write it like redis://user:password@host:6379/0',
  });
}

async function inspect(redis: Redis): Promise<Pick<ConnectedRedis, 'version' | 'warnings'>> {
  const info = await redis.info();
  const version = redisVersion(info);
  if (version !== null && isOlder(version)) {
    throw new MxodusError('QUEUE_REFUSED', {
      what: `the Redis server of the queue is version ${version}`,
      why: `the queue needs ${OLDEST.join('.')} or newer`,
      advice: 'upgrade it, or use another one',
    });
  }
  const policy = evictionPolicy(info);
  if (policy !== null && policy !== 'noeviction') {
    throw new MxodusError('QUEUE_UNSAFE', {
      what: `the Redis server of the queue drops keys when it is full (maxmemory-policy ${policy})`,
      why: 'jobs and counters would disappear one by one, unnoticed',
      advice: 'set `maxmemory-policy noeviction` in its configuration',
    });
  }
  const persists = aofIsOn(info) || (await savesSnapshots(redis));
  return { version, warnings: persists ? [] : [NOT_KEPT] };
}

const NOT_KEPT =
  'The Redis server of the queue keeps nothing on disk (`appendonly no` and no `save`): after a restart its queue is empty until the ' +
  'workers fill it again from the ledger. No mail is lost by that.';

function isOlder(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]);
}

/** Where CONFIG is not allowed (hosted servers), it is taken for granted. */
async function savesSnapshots(redis: Redis): Promise<boolean> {
  let answer: unknown;
  try {
    answer = await redis.config('GET', 'save');
  } catch {
    return true;
  }
  // A list in RESP2, a map in RESP3.
  const value: unknown = Array.isArray(answer) ? answer[1] : Reflect.get(Object(answer), 'save');
  return typeof value === 'string' && value.trim() !== '';
}
