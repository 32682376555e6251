export { type ConnectedRedis, connectRedis, type RedisConnectOptions } from '../redis/connect-redis.ts';
export { lookAtRedis, type RedisFound } from '../redis/look-at-redis.ts';
export { FleetRedis } from '../redis-governor/fleet-redis.ts';
export { type FleetGovernorOptions, redisGovernor } from '../redis-governor/redis-governor.ts';
export { redisRequestGovernor } from '../redis-governor/redis-request-governor.ts';
export { type ReservationOptions, redisReservations } from '../reservations/redis-reservations.ts';
export type { Reservations } from '../reservations/reservations.ts';
export { type BullmqQueueOptions, bullmqQueue, type QueueTimings } from './bullmq-queue.ts';
export type { TroubleListener } from './queue-trouble.ts';
