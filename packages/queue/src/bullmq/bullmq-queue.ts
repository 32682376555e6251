import {
  invariant,
  type JobEvent,
  type JobHandler,
  type JobQueue,
  type JobState,
  MxodusError,
  type QueuedJob,
  type QueueWorker,
} from '@mxodus/model';
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { checkIds } from '../inline/check-jobs.ts';
import type { Reservations } from '../reservations/reservations.ts';
import { BullmqWorker } from './bullmq-worker.ts';
import { EventFeed } from './event-feed.ts';
import type { JobData } from './job-data.ts';
import { JOB_NAME, JOB_OPTIONS, QUEUE_NAME, QueueRedis } from './queue-redis.ts';
import { QueueTrouble, type TroubleListener } from './queue-trouble.ts';

export interface BullmqQueueOptions {
  /** As `connectRedis` made it; stays the caller's. */
  redis: Redis;
  /** Lower-case letters, digits and `-`. */
  fleet: string;
  /** null: for who only says something to the queue, and does not work. Stays the caller's. */
  reservations: Reservations | null;
  onTrouble: TroubleListener;
  timings?: Partial<QueueTimings>;
}

/** Milliseconds. */
export interface QueueTimings {
  /** A job whose worker did not renew its lock for so long is given to another one; it is renewed every half of it. */
  lockMs: number;
  /** How often that is looked at. */
  stalledMs: number;
  /** How soon a job that found no room at a server asks again, when nobody called it before; below the ttl of the reservations. */
  noRoomMs: number;
  /** After so long without an answer of Redis a command of the queue throws QUEUE_UNREACHABLE; it may be done later all the same. */
  answerMs: number;
}

const CLOSE_MS = 2000;

const TIMINGS: QueueTimings = { lockMs: 60_000, stalledMs: 30_000, noRoomMs: 2000, answerMs: 10_000 };

/**
 * A queue in Redis that several machines share. Redis holds ids, server keys and counts, and codes of errors: no address, no secret,
 * no mail. Whatever Redis forgets or cannot be told is told to `onTrouble`, and never stops a handler that runs.
 */
export function bullmqQueue(options: BullmqQueueOptions): JobQueue {
  return new BullmqQueue(options);
}

class BullmqQueue implements JobQueue {
  readonly #redis: QueueRedis;
  readonly #queue: Queue<JobData>;
  readonly #feed: EventFeed;
  readonly #trouble: QueueTrouble;
  readonly #reservations: Reservations | null;
  readonly #timings: QueueTimings;
  readonly #workers = new Set<BullmqWorker>();

  constructor({ redis, fleet, reservations, onTrouble, timings }: BullmqQueueOptions) {
    this.#redis = new QueueRedis(redis, fleet);
    this.#trouble = new QueueTrouble(onTrouble);
    this.#reservations = reservations;
    this.#timings = { ...TIMINGS, ...timings };
    this.#queue = new Queue<JobData>(QUEUE_NAME, this.#redis.options(redis));
    this.#queue.on('error', (error) => this.#trouble.tell(error));
    this.#feed = new EventFeed(this.#redis, this.#trouble);
  }

  async add(jobs: readonly QueuedJob[]): Promise<void> {
    checkIds(jobs);
    if (jobs.length === 0) return;
    const bulk = jobs.map(({ id, connections }) => ({
      name: JOB_NAME,
      data: { connections },
      opts: { ...JOB_OPTIONS, jobId: id },
    }));
    await this.#answer(this.#queue.addBulk(bulk));
  }

  first(ids: readonly string[]): Promise<void> {
    return this.#answer(this.#redis.first(ids));
  }

  work(handler: JobHandler, { atOnce }: { atOnce: number }): QueueWorker {
    const reservations = this.#reservations;
    invariant(reservations !== null, 'a queue that works has reservations');
    const worker = new BullmqWorker({
      ...{ redis: this.#redis, queue: this.#queue, reservations, trouble: this.#trouble },
      ...{ timings: this.#timings, handler, atOnce },
    });
    this.#workers.add(worker);
    return worker;
  }

  async jobs(): Promise<{ id: string; state: JobState }[]> {
    const ids = await this.#answer(this.#redis.ids());
    const inState = (of: readonly string[], state: JobState) => of.map((id) => ({ id, state }));
    return [
      ...inState(ids.active, 'running'),
      ...inState(ids.wait, 'waiting'),
      ...inState(ids.delayed, 'later'),
      ...inState(ids['waiting-children'], 'after'),
    ];
  }

  cancel(ids: readonly string[]): Promise<void> {
    return this.#answer(this.#cancel(ids));
  }

  pause(): Promise<void> {
    return this.#answer(this.#queue.pause());
  }

  resume(): Promise<void> {
    return this.#answer(this.#queue.resume());
  }

  onEvent(listener: (event: JobEvent) => void): () => void {
    return this.#feed.listen(listener);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#workers].map((worker) => worker.stop(0)));
    // While Redis is away some of what BullMQ waits for never comes; nothing is left open then either.
    const closed = Promise.all([this.#feed.close(), this.#queue.close()]);
    await this.#answer(closed, CLOSE_MS).catch((error: unknown) => this.#trouble.tell(error));
    this.#redis.close();
  }

  async #cancel(ids: readonly string[]): Promise<void> {
    const all = await this.#withTheirs(ids);
    if (all.length === 0) return;
    // A parent before those it waits for, or it would start when the last of them is gone.
    const running: string[] = [];
    for (const id of all) if (!(await this.#remove(id))) running.push(id);
    for (const id of running) await this.#redis.markCancelled(id);
    await this.#redis.tellCancelled(all);
    // What was put off between the two steps: its worker did not hear of it in time.
    for (const id of running) await this.#remove(id);
  }

  /** These and all they wait for, at any depth; each before those it waits for. */
  async #withTheirs(ids: readonly string[]): Promise<string[]> {
    const all = new Set(ids);
    for (const id of all) for (const child of await this.#redis.waitsFor(id)) all.add(child);
    return [...all];
  }

  /** False: a worker has it. */
  async #remove(id: string): Promise<boolean> {
    return (await this.#queue.getBackend().remove(id, false)) !== 0;
  }

  async #answer<T>(work: Promise<T>, withinMs = this.#timings.answerMs): Promise<T> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(noAnswer(withinMs)), withinMs);
    try {
      return await Promise.race([work, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }
}

const noAnswer = (ms: number): MxodusError =>
  new MxodusError('QUEUE_UNREACHABLE', {
    what: 'the Redis server of the queue did not answer',
    why: `nothing came back within ${Math.round(ms / 1000)} s`,
    advice: 'look whether it runs and can be reached; what is under way goes on without it',
  });
