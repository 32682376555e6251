import type { JobsOptions, QueueBaseOptions } from 'bullmq';
import type { Redis } from 'ioredis';
import { FleetRedis, textAt } from '../redis-governor/fleet-redis.ts';

/** Of BullMQ; the fleet's name is in the prefix. */
export const QUEUE_NAME = 'jobs';
export const JOB_NAME = 'job';

/** An ended job leaves nothing behind, so that its id may be added again; errors stay in the process. */
export const JOB_OPTIONS = {
  attempts: 1,
  removeOnComplete: true,
  removeOnFail: true,
  stackTraceLimit: 0,
} as const satisfies JobsOptions;

/** What a lock is when its worker could not renew it. */
export type LockState =
  /** The worker's, perhaps again. */
  | 'ours'
  /** Another worker has the job, or will have. */
  | 'lost'
  /** Redis knows nothing of the job, or of another one with its id that was added since. */
  | 'forgotten';

/** The queue's own keys, scripts and messages beside those of BullMQ. Braces keep all keys of a fleet on one node of a cluster. */
export class QueueRedis {
  readonly redis: Redis;
  readonly prefix: string;
  readonly #fleet: FleetRedis;

  /** The connection stays the caller's. */
  constructor(redis: Redis, fleet: string) {
    this.redis = redis;
    this.prefix = `{mxodus:${fleet}}`;
    this.#fleet = new FleetRedis(redis, fleet);
  }

  /** Of `wait`, `active`, ..., or of a job. */
  key(of: string): string {
    return `${this.prefix}:${QUEUE_NAME}:${of}`;
  }

  options(connection: Redis): QueueBaseOptions & { prefix: string } {
    return { connection, prefix: this.prefix };
  }

  /** Ids by state, all of one moment; those that wait in the order they will be taken. */
  async ids(): Promise<Record<'wait' | 'active' | 'delayed' | 'waiting-children', string[]>> {
    const keys = ['wait', 'active', 'delayed', 'waiting-children'].map((state) => this.key(state));
    const [wait, active, delayed, children] = (await this.#fleet.run(IDS, keys, [])).map(texts);
    return {
      wait: (wait ?? []).reverse(),
      active: active ?? [],
      delayed: delayed ?? [],
      'waiting-children': children ?? [],
    };
  }

  async first(ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await this.#fleet.run(FIRST, [this.key('wait')], ids);
  }

  /** The jobs a job still waits for. */
  async waitsFor(id: string): Promise<string[]> {
    const keys = await this.redis.smembers(this.key(`${id}:dependencies`));
    return keys.map((key) => key.slice(key.lastIndexOf(':') + 1));
  }

  /** Marks a job that a worker has; whoever takes it next drops it. */
  async markCancelled(id: string): Promise<void> {
    await this.#fleet.run(MARK_CANCELLED, [this.key(id)], []);
  }

  /** A lock that ran out while nobody else took the job is taken again. */
  async lockAgain(job: { id: string; timestamp: number; token: string }, lockMs: number): Promise<LockState> {
    const keys = [job.id, 'active', 'stalled'].map((name) => this.key(name));
    const state = textAt(await this.#fleet.run(LOCK_AGAIN, keys, [job.id, job.timestamp, job.token, lockMs]), 0);
    return state === 'ours' || state === 'lost' ? state : 'forgotten';
  }

  async tellCancelled(ids: readonly string[]): Promise<void> {
    await this.redis.publish(this.#cancelChannel, ids.join(' '));
  }

  /**
   * @param onBack called when messages come, and may have been missed before
   * @returns a function that stops it
   */
  hearCancelled(listener: (ids: readonly string[]) => void, onBack: () => void): () => void {
    return this.#fleet.listen(this.#cancelChannel, (message) => listener(message.split(' ')), onBack);
  }

  close(): void {
    this.#fleet.close();
  }

  get #cancelChannel(): string {
    return this.#fleet.key('queue', 'cancelled');
  }
}

const texts = (list: unknown): string[] =>
  Array.isArray(list) ? list.filter((one): one is string => typeof one === 'string') : [];

const IDS = `
return {
  redis.call('LRANGE', KEYS[1], 0, -1), redis.call('LRANGE', KEYS[2], 0, -1),
  redis.call('ZRANGE', KEYS[3], 0, -1), redis.call('ZRANGE', KEYS[4], 0, -1)
}
`;

/** Jobs are taken from the right end. */
const FIRST = `
for at = #ARGV, 1, -1 do
  if redis.call('LREM', KEYS[1], 1, ARGV[at]) > 0 then redis.call('RPUSH', KEYS[1], ARGV[at]) end
end
return {}
`;

const MARK_CANCELLED = `
local text = redis.call('HGET', KEYS[1], 'data')
if not text then return {} end
local data = cjson.decode(text)
data.cancelled = true
redis.call('HSET', KEYS[1], 'data', cjson.encode(data))
return {}
`;

const LOCK_AGAIN = `
local job, active, stalled = KEYS[1], KEYS[2], KEYS[3]
local id, timestamp, token, lasts = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4]
if tonumber(redis.call('HGET', job, 'timestamp') or '') ~= timestamp then return { 'forgotten' } end
local holder = redis.call('GET', job .. ':lock')
if holder == token then return { 'ours' } end
if holder or not redis.call('LPOS', active, id) then return { 'lost' } end
redis.call('SET', job .. ':lock', token, 'PX', lasts)
redis.call('SREM', stalled, id)
return { 'ours' }
`;
