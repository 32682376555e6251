import type { JobHandler, QueueWorker } from '@mxodus/model';
import { DelayedError, type Job, type Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { CANCELLED, type Outcome, RunningSlice } from '../inline/running-slice.ts';
import type { Reservations } from '../reservations/reservations.ts';
import type { QueueTimings } from './bullmq-queue.ts';
import { handBack, putOff, type TakenJob } from './hand-back.ts';
import { type JobData, type JobNote, jobData } from './job-data.ts';
import { QUEUE_NAME, type QueueRedis } from './queue-redis.ts';
import type { QueueTrouble } from './queue-trouble.ts';
import { WaitingRoom } from './waiting-room.ts';

interface Ports {
  redis: QueueRedis;
  queue: Queue<JobData>;
  reservations: Reservations;
  trouble: QueueTrouble;
  timings: QueueTimings;
  handler: JobHandler;
  atOnce: number;
}

/** From the moment BullMQ gave the job to the moment it has it back. */
interface Seat extends TakenJob {
  slice: RunningSlice;
  /** It is on its way back to BullMQ, and resolves when it is there; null: it is not. */
  leaving: Promise<void> | null;
}

/** When Redis forgot that this worker has a job, and gives it to it once more. */
const TWICE_MS = 5000;

/**
 * A job at a worker:
 *
 *   BullMQ gives it -> its connections are free?  no  -> put off; called when something is given back
 *                                                 yes -> handler -> connections given back -> ended, put off, or waits for others
 */
export class BullmqWorker implements QueueWorker {
  readonly #ports: Ports;
  readonly #bull: Worker<unknown, void>;
  /** Of its own, so that what never gets an answer can be dropped at the end. */
  readonly #connection: Redis;
  readonly #seats = new Map<string, Seat>();
  readonly #room = new WaitingRoom((id) => this.#inBackground(id, this.#call(id)));
  readonly #stopListening: readonly (() => void)[];
  readonly #empty = Promise.withResolvers<void>();
  #state: 'working' | 'stopping' | 'given up' = 'working';
  #stopped: Promise<void> | null = null;

  constructor(ports: Ports) {
    const { redis, reservations, timings, atOnce } = ports;
    this.#ports = ports;
    this.#stopListening = [
      reservations.onFree(() => this.#room.somethingIsFree()),
      redis.hearCancelled(
        (ids) => this.#cancelled(ids),
        () => this.#lookForCancelled(),
      ),
    ];
    reservations.onLost((id) => this.#seats.get(id)?.slice.leave('lost'));
    this.#connection = redis.redis.duplicate();
    // Told by BullMQ as long as that listens.
    this.#connection.on('error', () => undefined);
    this.#bull = new Worker<unknown, void>(QUEUE_NAME, (job, token = '') => this.#process(job, token), {
      ...redis.options(this.#connection),
      concurrency: atOnce,
      lockDuration: timings.lockMs,
      stalledInterval: timings.stalledMs,
      // Each hard end of a worker counts; the ledger knows when a job is over, not this number.
      maxStalledCount: 1_000_000,
      runRetryDelay: 1000,
    });
    this.#bull.on('error', (error) => this.#bullTrouble(error));
    this.#bull.on('lockRenewalFailed', (ids) => {
      for (const id of ids) this.#inBackground(id, this.#lockFailed(id));
    });
  }

  stop(graceMs: number): Promise<void> {
    this.#stopped ??= this.#stop(graceMs);
    return this.#stopped;
  }

  async #stop(graceMs: number): Promise<void> {
    this.#state = 'stopping';
    await this.#bull.pause(true);
    for (const { slice } of this.#seats.values()) slice.leave('stopping');
    if (this.#seats.size === 0) this.#empty.resolve();
    const over = Promise.withResolvers<false>();
    const timer = Number.isFinite(graceMs) ? setTimeout(() => over.resolve(false), graceMs) : undefined;
    const allLeft = await Promise.race([this.#empty.promise.then(() => true), over.promise]);
    if (!allLeft) this.#state = 'given up';
    // Waits for what is on its way back to Redis; a Redis that is away is not waited for longer than the grace.
    await Promise.race([this.#bull.close(!allLeft), over.promise]);
    clearTimeout(timer);
    this.#room.close();
    for (const stop of this.#stopListening) stop();
    this.#connection.disconnect();
  }

  async #process(job: Job<unknown, void>, token: string): Promise<void> {
    const id = job.id ?? '';
    const { trouble } = this.#ports;
    // Another place of this worker may be given it before the last one has heard that BullMQ has it back.
    await this.#seats.get(id)?.leaving;
    if (this.#seats.has(id)) throw await putOff({ id, job, token }, TWICE_MS, trouble);
    let isKnown = true;
    // Of a job Redis forgot it is said once.
    const note = (what: JobNote): void => {
      if (isKnown) this.#inBackground(id, job.updateProgress(what), () => (isKnown = false));
    };
    const slice = new RunningSlice(id, (progress) => note({ kind: 'progress', progress }));
    const seat: Seat = { id, job, token, slice, leaving: null };
    const left = Promise.withResolvers<void>();
    this.#seats.set(id, seat);
    try {
      const asked = this.#room.now();
      const outcome = await this.#slice(seat, () => note({ kind: 'started' }));
      seat.leaving = left.promise;
      if (outcome === 'no room') throw await this.#letWait(seat, asked);
      await this.#leave(seat, outcome);
    } finally {
      this.#seats.delete(id);
      left.resolve();
      if (this.#state !== 'working' && this.#seats.size === 0) this.#empty.resolve();
    }
  }

  async #slice({ id, job, slice }: Seat, started: () => void): Promise<Outcome | 'no room'> {
    const { reservations, trouble, handler } = this.#ports;
    const { connections, cancelled } = jobData(job.data);
    if (cancelled) slice.leave(CANCELLED);
    else if (this.#state !== 'working') slice.leave('stopping');
    else if (!(await this.#hasRoom(id, connections)) && slice.left !== CANCELLED) return 'no room';
    try {
      if (slice.left !== null) return slice.left === CANCELLED ? { kind: CANCELLED } : { kind: 'later', inMs: 0 };
      started();
      return await slice.run(handler);
    } finally {
      await reservations.giveBack(id).catch((error: unknown) => trouble.tell(error, id));
    }
  }

  async #hasRoom(id: string, connections: JobData['connections']): Promise<boolean> {
    try {
      if (!(await this.#ports.reservations.take(id, connections))) return false;
      this.#room.lucky(id);
      return true;
    } catch (error) {
      this.#ports.trouble.tell(error, id);
      return false;
    }
  }

  async #letWait(seat: Seat, asked: number): Promise<DelayedError> {
    const { trouble, timings } = this.#ports;
    // Not all at once.
    const thrown = await putOff(seat, timings.noRoomMs * (0.5 + Math.random() / 2), trouble);
    if (seat.slice.left === CANCELLED) await this.#drop(seat.id);
    else this.#room.enter(seat.id, Object.keys(jobData(seat.job.data).connections), asked);
    return thrown;
  }

  async #leave(seat: Seat, outcome: Outcome): Promise<void> {
    // Nothing can be told any more; its lock runs out.
    if (this.#state === 'given up') throw new DelayedError();
    const { queue, trouble } = this.#ports;
    try {
      await handBack(seat, outcome, { queue, trouble });
    } catch (thrown) {
      // It may have been cancelled while it was on its way: who did that could not remove it, and marked it before.
      if (outcome.kind === 'later' || outcome.kind === 'after') await this.#dropIfCancelled(seat);
      throw thrown;
    }
  }

  /** Something is free for a job that was put off. It may run elsewhere by now, or have been cancelled. */
  async #call(id: string): Promise<void> {
    try {
      await this.#ports.queue.getBackend().promote(id);
      // What it needs is kept for it: behind all others that wait it would be of no use to anybody.
      await this.#ports.redis.first([id]);
    } catch (error) {
      if (typeof Reflect.get(Object(error), 'code') !== 'number') throw error;
      if (!this.#seats.has(id)) this.#room.leave(id);
    }
  }

  #cancelled(ids: readonly string[]): void {
    for (const id of ids) {
      this.#seats.get(id)?.slice.leave(CANCELLED);
      if (this.#room.leave(id)) this.#inBackground(id, this.#ports.reservations.giveBack(id));
    }
  }

  /** Messages may have been missed. */
  #lookForCancelled(): void {
    for (const { id, slice } of this.#seats.values()) {
      const look = async (): Promise<void> => {
        if (await this.#isCancelled(id)) slice.leave(CANCELLED);
      };
      this.#inBackground(id, look());
    }
  }

  async #isCancelled(id: string): Promise<boolean> {
    const job = await this.#ports.queue.getJob(id);
    return job !== undefined && jobData(job.data).cancelled === true;
  }

  async #dropIfCancelled({ id, slice }: Seat): Promise<void> {
    try {
      if (slice.left === CANCELLED || (await this.#isCancelled(id))) await this.#drop(id);
    } catch (error) {
      this.#ports.trouble.tell(error, id);
    }
  }

  async #lockFailed(id: string): Promise<void> {
    const seat = this.#seats.get(id);
    if (seat === undefined) return;
    const { redis, timings } = this.#ports;
    const lock = { id, timestamp: seat.job.timestamp, token: seat.token };
    // A Redis that lost its memory is no reason to stop: the lease of what the handler works on is not there.
    if ((await redis.lockAgain(lock, timings.lockMs)) === 'lost') seat.slice.leave('lost');
  }

  /** With its place in the line, which holds others up. */
  async #drop(id: string): Promise<void> {
    try {
      await this.#ports.queue.getBackend().remove(id, false);
      await this.#ports.reservations.giveBack(id);
    } catch (error) {
      this.#ports.trouble.tell(error, id);
    }
  }

  #bullTrouble(error: Error): void {
    // Looked into by #lockFailed.
    if (!error.message.startsWith('could not renew lock')) this.#ports.trouble.tell(error);
  }

  #inBackground(id: string, work: Promise<unknown>, onError?: () => void): void {
    work.catch((error: unknown) => {
      onError?.();
      if (this.#state !== 'given up') this.#ports.trouble.tell(error, id);
    });
  }
}
