import { randomUUID } from 'node:crypto';
import type { Login, ServerBurden, TrafficBook } from '@mxodus/model';
import type { Counting } from '../governor/gate.ts';
import { bothClocks, governorOf, type InlineGovernor, serverGates } from '../governor/inline-governor.ts';
import { FleetBucket } from './fleet-bucket.ts';
import { FleetBudget } from './fleet-budget.ts';
import { FleetRate } from './fleet-rate.ts';
import type { FleetRedis } from './fleet-redis.ts';
import { ServerHints } from './hints.ts';

export interface FleetGovernorOptions {
  /** One for all governors of a process; it stays the caller's. */
  fleet: FleetRedis;
  /** An opaque id of a server of the config, the same for all projects and workers that use that server. */
  keyOf: (server: string) => string;
  /** Remembers the bytes of a day for all workers. */
  book: TrafficBook | null;
  /** What is under way and was not renewed for so long is so no more: its worker died. It renews every third of it. */
  holdMs: number;
  /** The wall clock, for days and for times people read. */
  now: () => Date;
}

/**
 * The governor of one worker of a fleet: the inline one, which others tell what servers asked of them, and that counts bytes with them.
 *
 * - Connections: the caps of the config hold for this process; over all workers they are held by the reservations of its jobs.
 * - Hints: what a server asked of one worker, all do: the pause until the same time, half of the pace each had, one connection less
 *   than each has. A worker that starts later, or was out of touch, reads what is still running. Going up again is each one's own:
 *   the pace of each rises by the same part of its own pace in the same time, so the sum of all does by that part of the sum, and what
 *   halves each halves the sum. The whole is additive up and multiplicative down as one worker is, however many there are.
 * - Bytes: the rate and the daily budgets are counted in Redis, in chunks.
 *
 * While Redis is away: pauses and paces go on as they are and are told when it is back; a rate is this worker's share of it (divided by
 * the workers seen last: nothing stands still, and the whole is kept); budgets are what the book says.
 *
 * @param burdens by server of the config
 */
export function redisGovernor(
  burdens: Readonly<Record<string, ServerBurden>>,
  { fleet, keyOf, book, now }: FleetGovernorOptions,
): InlineGovernor {
  const clocks = bothClocks(now);
  const counting: Counting = {
    rate: (server, bytesPerSecond, onKnown) =>
      new FleetRate(new FleetBucket(bytesPerSecond, { fleet, serverKey: keyOf(server), now: clocks }), {
        now: () => clocks().at,
        onKnown,
      }),
    budget: (bytesPerDay, options) =>
      new FleetBudget(bytesPerDay, { ...options, fleet, serverKey: keyOf(options.login.server) }),
  };
  const gates = serverGates(burdens, { book, now: clocks, counting });
  const me = randomUUID();
  const hints = new Map(
    [...gates].map(([server, gate]) => [
      server,
      new ServerHints({ fleet, serverKey: keyOf(server), me, hear: (login, measure) => gate.hear(login, measure) }),
    ]),
  );
  const known = (login: Login): Promise<void> | null => hints.get(login.server)?.known(login) ?? null;
  const inner = governorOf(gates);
  return {
    ...inner,
    connection: async (login, wait) => {
      await known(login);
      return inner.connection(login, wait);
    },
    admit: (login, bytes, wait) => {
      const unknown = known(login);
      return unknown === null ? inner.admit(login, bytes, wait) : unknown.then(() => inner.admit(login, bytes, wait));
    },
    slowDown: (login, hint) => {
      const measure = gates.get(login.server)?.slowDown(login, hint);
      if (measure === undefined) return inner.slowDown(login, hint);
      hints.get(login.server)?.tell(hint.scope === 'host' ? null : login, measure, login.user);
    },
    close: async () => {
      for (const one of hints.values()) one.close();
      await inner.close();
    },
  };
}
