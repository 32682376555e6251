import { randomUUID } from 'node:crypto';
import { invariant } from '@mxodus/model';
import type { Redis } from 'ioredis';
import { FleetRedis, numberAt, type Reply, textAt } from '../redis-governor/fleet-redis.ts';
import { isAway } from '../redis-governor/is-away.ts';
import type { Reservations } from './reservations.ts';
import { RESERVE } from './reserve-script.ts';

interface Held {
  needs: string;
  /** By the clock of Redis, in milliseconds. */
  expires: number;
}

export interface ReservationOptions {
  fleet: string;
  /** Connections at once over all workers, by server key; 1 at least. */
  limits: (server: string) => number;
  /** What is not renewed for so long is free again. A holder renews every third of it. */
  ttlMs: number;
}

/**
 * Reservations counted in Redis, by its clock. After Redis lost its memory (FLUSHALL, a restart) those that hold something tell it
 * again, above the limits if need be, as soon as they notice: when their connection is back, when the first comer says so, at the latest
 * when they renew. Nobody is granted anything for the ttl after that, unless it is known that there is nothing to tell: then all that was
 * held has been told, or has expired. What expired before its holder could tell is lost, also when Redis was away all that time: others
 * may have had it.
 *
 * @param redis stays the caller's
 */
export function redisReservations(redis: Redis, options: ReservationOptions): Reservations {
  return new RedisReservations(redis, options);
}

class RedisReservations implements Reservations {
  readonly #fleet: FleetRedis;
  readonly #options: ReservationOptions;
  readonly #holder = randomUUID();
  readonly #held = new Map<string, Held>();
  /** Given back here, and Redis does not know. */
  readonly #owed = new Set<string>();
  readonly #lostListeners = new Set<(jobId: string) => void>();
  readonly #freeListeners = new Set<() => void>();
  readonly #timer: NodeJS.Timeout;
  readonly #stopListening: () => void;
  #renewing: Promise<void> | null = null;
  #again = false;

  constructor(redis: Redis, options: ReservationOptions) {
    this.#fleet = new FleetRedis(redis, options.fleet);
    this.#options = options;
    this.#timer = setInterval(() => this.#renewSoon(), options.ttlMs / 3).unref();
    const stopReady = this.#fleet.onReady(() => this.#renewSoon());
    const onFree = (): void => {
      for (const listener of this.#freeListeners) listener();
    };
    const hear = (message: string): void => (message === 'born' ? this.#renewSoon() : onFree());
    const stopMessages = this.#fleet.listen(this.#channel, hear, onFree);
    this.#stopListening = () => {
      stopReady();
      stopMessages();
    };
  }

  async take(jobId: string, needs: Readonly<Record<string, number>>): Promise<boolean> {
    this.#owed.delete(jobId);
    const clamped = Object.entries(needs).map(([server, count]) => {
      const limit = this.#options.limits(server);
      invariant(limit >= 1, `server ${server} of job ${jobId} has a limit`);
      invariant(/^\S+$/.test(server) && !server.includes('='), 'a server key has no spaces');
      return { server, count: Math.min(count, limit), limit };
    });
    const text = clamped.map(({ server, count }) => `${server}=${count}`).join(' ');
    const args = clamped.flatMap(({ server, count, limit }) => [server, count, limit]);
    const reply = await this.#run('take', [jobId, text, ...args]).catch((error: unknown) => {
      // It may have been granted, or may yet be.
      this.#owed.add(jobId);
      throw error;
    });
    if (numberAt(reply, 0) === 0) return false;
    this.#held.set(jobId, { needs: text, expires: numberAt(reply, 1) });
    return true;
  }

  async giveBack(jobId: string): Promise<void> {
    this.#held.delete(jobId);
    this.#owed.add(jobId);
    await this.#payBack(jobId);
  }

  async memory(): Promise<string> {
    return textAt(await this.#run('life', []), 0) ?? '';
  }

  async trust(memory: string): Promise<void> {
    await this.#run('whole', [memory]);
  }

  onLost(listener: (jobId: string) => void): void {
    this.#lostListeners.add(listener);
  }

  onFree(listener: () => void): () => void {
    this.#freeListeners.add(listener);
    return () => this.#freeListeners.delete(listener);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopListening();
    this.#lostListeners.clear();
    this.#freeListeners.clear();
    await this.#renewing;
    const jobs = [...this.#held.keys(), ...this.#owed];
    this.#held.clear();
    await Promise.all(jobs.map((job) => this.#payBack(job)));
    this.#fleet.close();
  }

  /** What fails because Redis is away is tried again with the next renewal; after the ttl nobody minds. */
  async #payBack(jobId: string): Promise<void> {
    try {
      await this.#run('back', [jobId]);
      this.#owed.delete(jobId);
    } catch (error) {
      if (!isAway(error)) throw error;
    }
  }

  /** One after the other: what comes meanwhile is one more. A Redis that is away is asked again by the next one. */
  #renewSoon(): void {
    if (this.#renewing !== null) {
      this.#again = true;
      return;
    }
    this.#renewing = this.#renew()
      .catch((error: unknown) => {
        if (!isAway(error)) throw error;
      })
      .finally(() => {
        this.#renewing = null;
        if (!this.#again) return;
        this.#again = false;
        this.#renewSoon();
      });
  }

  async #renew(): Promise<void> {
    await Promise.all([...this.#owed].map((job) => this.#payBack(job)));
    const asked = [...this.#held];
    if (asked.length === 0) return;
    const args = asked.flatMap(([job, { needs, expires }]) => [job, needs, expires]);
    const reply = await this.#run('renew', args);
    const expires = numberAt(reply, 0);
    const lost = new Set(reply.slice(1).map((_, index) => textAt(reply, index + 1)));
    for (const [job, held] of asked) {
      // Given back meanwhile, or taken anew.
      if (this.#held.get(job) !== held) continue;
      if (!lost.has(job)) held.expires = expires;
      else {
        this.#held.delete(job);
        for (const listener of this.#lostListeners) listener(job);
      }
    }
  }

  get #channel(): string {
    return this.#fleet.key('reservations', 'news');
  }

  #run(what: 'life' | 'whole' | 'take' | 'renew' | 'back', args: readonly (string | number)[]): Promise<Reply> {
    const { ttlMs } = this.#options;
    const keys = ['life', 'held', 'line', 'asking', 'needs'].map((name) => this.#fleet.key('reservations', name));
    return this.#fleet.run(RESERVE, keys, [what, ttlMs, this.#holder, this.#channel, ...args]);
  }
}
