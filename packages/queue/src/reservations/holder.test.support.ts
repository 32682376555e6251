import { Redis } from 'ioredis';
import { redisReservations } from './redis-reservations.ts';

/** A worker in a process of its own, to be stopped or killed: takes a job, and says on stdout what becomes of it. */
const [url = '', ttl = '', job = '', server = '', count = ''] = process.argv.slice(2);

const say = (what: string): unknown => process.stdout.write(`${what}\n`);

const reservations = redisReservations(new Redis(url), { fleet: 'test', limits: () => 2, ttlMs: Number(ttl) });
reservations.onLost((lost) => say(`lost ${lost}`));
if (await reservations.take(job, { [server]: Number(count) })) say(`held ${job}`);
