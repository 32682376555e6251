import { connectRedis } from '../redis/connect-redis.ts';
import { redisReservations } from '../reservations/redis-reservations.ts';
import { bullmqQueue } from './bullmq-queue.ts';

/** A worker in a process of its own, to be killed: says which jobs it takes, and keeps them. */
const [url = '', fleet = '', lockMs = '', stalledMs = ''] = process.argv.slice(2);

const { redis } = await connectRedis(url);
const reservations = redisReservations(redis, { fleet, limits: () => 1, ttlMs: 1000 });
const queue = bullmqQueue({
  ...{ redis, fleet, reservations, onTrouble: () => undefined },
  timings: { lockMs: Number(lockMs), stalledMs: Number(stalledMs) },
});
queue.work(
  ({ id }) => {
    process.stdout.write(`${id}\n`);
    return new Promise(() => undefined);
  },
  { atOnce: 2 },
);
