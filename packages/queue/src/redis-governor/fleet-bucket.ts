import { ByteRate } from '../governor/byte-rate.ts';
import type { Moment } from '../governor/gate.ts';
import { type FleetRedis, numberAt } from './fleet-redis.ts';
import { isAway } from './is-away.ts';
import { channelOf } from './server-channel.ts';

/** What a bucket holds that was not used for a while: this much of a second's worth crosses at once. */
const BURST_MS = 500;

/**
 * The token bucket as one time: when it will be empty of debts (GCRA). Who takes is told how long to wait; whoever comes after waits
 * behind. By the clock of Redis.
 *
 * KEYS: time. ARGV: bytes, bytes that must be there before he goes, bytes a second, ms of burst, channel of those who work with the server
 * -> { ms to wait, how many listen }
 */
const TAKE = `
local bytes, first, rate, burst = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local from = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now - burst)
local to = from + bytes * 1000 / rate
redis.call('SET', KEYS[1], string.format('%.3f', to), 'PX', math.ceil(math.max(0, to - now) + burst) + 1000)
return { math.ceil(math.max(0, from + first * 1000 / rate - now)), redis.call('PUBSUB', 'NUMSUB', ARGV[5])[2] }
`;

/**
 * The bytes a second of one server, over all workers of a fleet. While Redis is away each worker takes its share of the rate: the rate
 * divided by those that were seen last. The whole is kept as long as none joins, and nothing stands still.
 */
export class FleetBucket {
  readonly bytesPerSecond: number;
  readonly #fleet: FleetRedis;
  readonly #serverKey: string;
  readonly #now: () => Moment;
  #listening = 1;
  /** null: Redis counts. */
  #share: ByteRate | null = null;

  constructor(bytesPerSecond: number, options: { fleet: FleetRedis; serverKey: string; now: () => Moment }) {
    this.bytesPerSecond = bytesPerSecond;
    this.#fleet = options.fleet;
    this.#serverKey = options.serverKey;
    this.#now = options.now;
  }

  /** What may be taken at once from a bucket that is full. */
  get burst(): number {
    return (this.bytesPerSecond * BURST_MS) / 1000;
  }

  /**
   * Takes so many bytes, less than none gives some back.
   * @param first of these, the bytes that must be there before he goes; the others are a debt
   * @returns milliseconds until he may go
   */
  async take(bytes: number, first = bytes): Promise<number> {
    const { bytesPerSecond } = this;
    try {
      const reply = await this.#fleet.run(
        TAKE,
        [this.#fleet.key('governor', 'rate', this.#serverKey)],
        [bytes, first, bytesPerSecond, BURST_MS, channelOf(this.#fleet, this.#serverKey)],
      );
      this.#listening = Math.max(1, numberAt(reply, 1));
      this.#share = null;
      return numberAt(reply, 0);
    } catch (error) {
      if (!isAway(error)) throw error;
    }
    const { at } = this.#now();
    this.#share ??= new ByteRate(bytesPerSecond / this.#listening, at);
    const free = this.#share.freeAt(at, first);
    this.#share.take(at, bytes);
    return first === bytes ? Math.max(free, this.#share.freeAt(at, 0)) - at : free - at;
  }
}
