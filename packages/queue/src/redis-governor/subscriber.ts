import type { Redis } from 'ioredis';

interface Listener {
  channel: string;
  hear: (message: string) => void;
  onBack: () => void;
}

/** Messages of Redis, over a connection of its own that is made with the first listener and comes back by itself. */
export class Subscriber {
  readonly #redis: Redis;
  readonly #listeners = new Set<Listener>();
  #connection: Redis | null = null;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  /**
   * @param onBack called when messages come: at the beginning, and again after the connection was lost; what was said in between is
   *   missed
   */
  listen(channel: string, hear: (message: string) => void, onBack: () => void): () => void {
    const listener = { channel, hear, onBack };
    this.#listeners.add(listener);
    const connection = this.#connect();
    if (connection.status === 'ready') this.#subscribe(connection, [listener]);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#listeners.clear();
    this.#connection?.disconnect();
    this.#connection = null;
  }

  #connect(): Redis {
    if (this.#connection !== null) return this.#connection;
    // Subscribed anew below, after which listeners are told: what ioredis does by itself says nothing of when it is done.
    const made = this.#redis.duplicate({ autoResubscribe: false, maxRetriesPerRequest: null, lazyConnect: false });
    this.#connection = made;
    made.on('message', (channel: string, message: string) => {
      for (const listener of this.#listeners) if (listener.channel === channel) listener.hear(message);
    });
    made.on('ready', () => this.#subscribe(made, [...this.#listeners]));
    // It connects again by itself; what was missed is looked up then.
    made.on('error', () => undefined);
    return made;
  }

  #subscribe(connection: Redis, listeners: readonly Listener[]): void {
    if (listeners.length === 0) return;
    connection.subscribe(...new Set(listeners.map(({ channel }) => channel))).then(
      () => {
        for (const listener of listeners) if (this.#listeners.has(listener)) listener.onBack();
      },
      // The connection was lost again, and `ready` comes once more; or this user may not listen, and what is kept is read at each start.
      () => undefined,
    );
  }
}
