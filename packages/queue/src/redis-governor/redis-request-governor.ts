import type { RequestLimits } from '@mxodus/model';
import { bothClocks } from '../governor/inline-governor.ts';
import type { ByteLine } from '../requests/elsewhere.ts';
import { type InlineRequestGovernor, requestGovernorOf } from '../requests/inline-request-governor.ts';
import { FleetBucket } from './fleet-bucket.ts';
import { FleetBudget } from './fleet-budget.ts';
import { MailboxRequests } from './mailbox-requests.ts';
import type { FleetGovernorOptions } from './redis-governor.ts';
import { channelOf } from './server-channel.ts';

/**
 * The request governor of one worker of a fleet: the inline one, in which each request that could go asks Redis for room first (a
 * millisecond or two, where a request takes a hundred). So a mailbox that goes from one worker to another keeps its limits: requests under
 * way, what was sent within the windows, pauses the server asked for.
 *
 * While Redis is away the limits of the process hold: a mailbox is with one worker at a time, and what that one sent it counts. What
 * another one sent before is forgotten then, as it is after Redis lost its memory; the server would say so (429), and a pause follows.
 * The bytes a second of a server are this worker's share of them, the budget of a day is what the book says.
 *
 * @param limits by server of the config
 */
export function redisRequestGovernor(
  limits: Readonly<Record<string, RequestLimits>>,
  { fleet, keyOf, book, holdMs, now }: FleetGovernorOptions,
): InlineRequestGovernor {
  const clocks = bothClocks(now);
  const stops = Object.keys(limits).map((server) =>
    // To be counted among those who work with it.
    fleet.listen(
      channelOf(fleet, keyOf(server)),
      () => undefined,
      () => undefined,
    ),
  );
  const inner = requestGovernorOf(limits, {
    book,
    now: clocks,
    budget: (bytesPerDay, options) =>
      new FleetBudget(bytesPerDay, { ...options, fleet, serverKey: keyOf(options.login.server) }),
    bytes: (server, bytesPerSecond) =>
      byteLine(new FleetBucket(bytesPerSecond, { fleet, serverKey: keyOf(server), now: clocks }), () => clocks().at),
    elsewhere: (login, own) => new MailboxRequests(login, own, { fleet, serverKey: keyOf(login.server), holdMs }),
  });
  return {
    ...inner,
    close: async () => {
      for (const stop of stops) stop();
      await inner.close();
    },
  };
}

function byteLine(bucket: FleetBucket, now: () => number): ByteLine {
  return {
    enter: (_, bytes, onKnown) => {
      const place = { at: Number.POSITIVE_INFINITY };
      void bucket.take(bytes, Math.min(bytes, bucket.burst)).then((inMs) => {
        place.at = now() + inMs;
        onKnown();
      });
      return place;
    },
    leave: (_, bytes) => void bucket.take(-bytes),
  };
}
