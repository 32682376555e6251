import type { JobEvent } from '@mxodus/model';
import { QueueEvents } from 'bullmq';
import { CANCELLED } from '../inline/running-slice.ts';
import { jobNote } from './job-data.ts';
import { QUEUE_NAME, type QueueRedis } from './queue-redis.ts';
import type { QueueTrouble } from './queue-trouble.ts';

/** What happens to jobs at all workers, from the stream BullMQ keeps; read from the first listener on. */
export class EventFeed {
  readonly #redis: QueueRedis;
  readonly #trouble: QueueTrouble;
  readonly #listeners = new Set<(event: JobEvent) => void>();
  #opened: Promise<QueueEvents | null> | null = null;
  #closed = false;

  constructor(redis: QueueRedis, trouble: QueueTrouble) {
    this.#redis = redis;
    this.#trouble = trouble;
  }

  listen(listener: (event: JobEvent) => void): () => void {
    this.#listeners.add(listener);
    this.#opened ??= this.#open();
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#listeners.clear();
    const events = await this.#opened;
    await events?.close();
  }

  async #open(): Promise<QueueEvents | null> {
    try {
      // Sent before whatever the caller asks next over the same connection: nothing that follows is missed.
      const [last] = await this.#redis.redis.xrevrange(this.#redis.key('events'), '+', '-', 'COUNT', 1);
      if (this.#closed) return null;
      return this.#read(last?.[0] ?? '0-0');
    } catch (error) {
      this.#trouble.tell(error);
      return this.#closed ? null : this.#read('$');
    }
  }

  #read(lastEventId: string): QueueEvents {
    const events = new QueueEvents(QUEUE_NAME, { ...this.#redis.options(this.#redis.redis), lastEventId });
    events.on('error', (error) => this.#trouble.tell(error));
    events.on('progress', ({ jobId: id, data }) => {
      const note = jobNote(data);
      if (note !== null) this.#tell({ ...note, id });
    });
    events.on('completed', ({ jobId: id }) => this.#tell({ kind: 'ended', id, failed: null }));
    events.on('failed', ({ jobId: id, failedReason }) => this.#tell({ kind: 'ended', id, failed: failedReason }));
    events.on('removed', ({ jobId: id }) => this.#tell({ kind: 'ended', id, failed: CANCELLED }));
    return events;
  }

  #tell(event: JobEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
