import { MxodusError } from '@mxodus/model';
import type { Redis } from 'ioredis';
import { redisTrouble } from '../redis/redis-trouble.ts';
import { Subscriber } from './subscriber.ts';

/** An answer takes a millisecond; who has none after this long goes on without. */
const ANSWER_MS = 1000;

/** What a Lua script answered. */
export type Reply = readonly unknown[];

/**
 * A fleet's part of a Redis: keys that begin with `{mxodus:<fleet>}:` (the braces keep them on one node of a cluster), scripts, and
 * messages. Nothing here waits for a Redis that is away: what it was asked is refused, and never sent late.
 */
export class FleetRedis {
  readonly #redis: Redis;
  readonly #prefix: string;
  readonly #subscriber: Subscriber;
  readonly #ready = Promise.withResolvers<void>();
  readonly #readyListeners = new Set<() => void>();
  #wasReady: boolean;

  /** The instance stays the caller's; a connection of its own is made for messages, with the first listener. */
  constructor(redis: Redis, fleet: string) {
    this.#redis = redis;
    this.#prefix = `{mxodus:${fleet}}:`;
    this.#subscriber = new Subscriber(redis);
    this.#wasReady = redis.status === 'ready';
    redis.on('ready', this.#noteReady);
  }

  /** @param parts words, ids and hashes: never a name or an address */
  key(...parts: readonly string[]): string {
    return this.#prefix + parts.join(':');
  }

  /**
   * Runs a Lua script, which answers with a table. Rejects with QUEUE_UNREACHABLE at once when the connection is lost, and when no
   * answer comes within a second (it may have run then, or run later); with QUEUE_REFUSED when Redis does not let this user.
   */
  async run(script: string, keys: readonly string[], args: readonly (string | number)[]): Promise<Reply> {
    if (this.#redis.status !== 'ready') await this.#firstReady();
    const reply = await inTime(this.#redis.eval(script, keys.length, ...keys, ...args));
    if (Array.isArray(reply)) return reply;
    throw unreachable(`it answered ${typeof reply} instead of a list`);
  }

  /** @param onBack called when messages may have been missed, and come again */
  listen(channel: string, listener: (message: string) => void, onBack: () => void): () => void {
    return this.#subscriber.listen(channel, listener, onBack);
  }

  /** Called when there is a connection, and again when there is one after it was lost. Returns a function that stops it. */
  onReady(listener: () => void): () => void {
    this.#readyListeners.add(listener);
    return () => this.#readyListeners.delete(listener);
  }

  /** There was a connection, and there is none: nothing is sent. */
  get isLost(): boolean {
    return this.#redis.status === 'end' || (this.#wasReady && this.#redis.status !== 'ready');
  }

  close(): void {
    this.#redis.off('ready', this.#noteReady);
    this.#subscriber.close();
  }

  readonly #noteReady = (): void => {
    this.#wasReady = true;
    this.#ready.resolve();
    for (const listener of this.#readyListeners) listener();
  };

  /** A connection that is being made for the first time is waited for, one that was lost is not. */
  async #firstReady(): Promise<void> {
    if (this.isLost) throw unreachable(`the connection is ${this.#redis.status}`);
    // What goes wrong is told by its events, and it tries again.
    if (this.#redis.status === 'wait') this.#redis.connect().catch(() => undefined);
    await inTime(this.#ready.promise);
  }
}

async function inTime(answer: Promise<unknown>): Promise<unknown> {
  const late = Promise.withResolvers<never>();
  // When this process was too busy for a second, an answer may be there unread: it is read before the immediate runs.
  const tooLate = (): void => late.reject(unreachable('there was no answer within a second'));
  const timer = setTimeout(() => setImmediate(tooLate), ANSWER_MS);
  try {
    return await Promise.race([answer, late.promise]);
  } catch (error) {
    throw redisTrouble(error);
  } finally {
    clearTimeout(timer);
  }
}

const unreachable = (why: string): MxodusError =>
  new MxodusError('QUEUE_UNREACHABLE', {
    what: 'the Redis of the fleet did not answer',
    why,
    advice: 'look whether it runs and can be reached; the work goes on when it can',
  });

/** A number of a reply. Lua answers with whole numbers; those with a fraction come as text. */
export function numberAt(reply: Reply, index: number): number {
  const value = Number(reply[index]);
  if (Number.isFinite(value)) return value;
  throw unreachable(`number ${index} of its answer is ${typeof reply[index]}`);
}

/** Text of a reply; null: it has none there. */
export function textAt(reply: Reply, index: number): string | null {
  const value = reply[index];
  return typeof value === 'string' ? value : null;
}
