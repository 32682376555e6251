import {
  invariant,
  type Login,
  MxodusError,
  type RequestGovernor,
  type RequestLimits,
  type TrafficBook,
} from '@mxodus/model';
import { ByteRate } from '../governor/byte-rate.ts';
import { DailyBudget } from '../governor/daily-budget.ts';
import { bothClocks } from '../governor/inline-governor.ts';
import type { ByteLine, Elsewhere } from './elsewhere.ts';
import { RequestLine, type RequestLineOptions } from './request-line.ts';

export interface InlineRequestGovernor extends RequestGovernor {
  /** Books the bytes that crossed; who still waits is turned away. Throws what the book throws. */
  close(): Promise<void>;
}

/**
 * The request governor of one process; other processes are not seen.
 *
 * @param limits by server of the config
 * @param options.book remembers the bytes of a day; null: they are forgotten with the process
 * @param options.now the wall clock, for days and for times people read
 */
export function inlineRequestGovernor(
  limits: Readonly<Record<string, RequestLimits>>,
  options: { book: TrafficBook | null; now: () => Date },
): InlineRequestGovernor {
  const now = bothClocks(options.now);
  return requestGovernorOf(limits, {
    book: options.book,
    now,
    budget: (bytesPerDay, of) => new DailyBudget(bytesPerDay, of),
    bytes: (_, bytesPerSecond) => inlineByteLine(bytesPerSecond, now().at),
    elsewhere: () => null,
  });
}

/** Of this process alone. */
function inlineByteLine(bytesPerSecond: number, from: number): ByteLine {
  const rate = new ByteRate(bytesPerSecond, from);
  return {
    enter: (at, bytes) => {
      const free = rate.freeAt(at, bytes);
      rate.take(at, bytes);
      return { at: free };
    },
    leave: (at, bytes) => rate.take(at, -bytes),
  };
}

export interface RequestCounting extends Pick<RequestLineOptions, 'book' | 'budget' | 'now'> {
  bytes(server: string, bytesPerSecond: number): ByteLine;
  elsewhere(login: Login, limits: RequestLimits): Elsewhere | null;
}

export function requestGovernorOf(
  limits: Readonly<Record<string, RequestLimits>>,
  { bytes, elsewhere, ...options }: RequestCounting,
): InlineRequestGovernor {
  const servers = new Map(
    Object.entries(limits).map(([server, own]) => {
      const ofAll = own.bytesPerSecond === null ? null : bytes(server, own.bytesPerSecond);
      return [server, { limits: own, bytes: ofAll, lines: new Map<string, RequestLine>() }];
    }),
  );
  const line = (login: Login): RequestLine => {
    const server = servers.get(login.server);
    invariant(server !== undefined, `server ${login.server} has limits of requests`);
    const known = server.lines.get(login.user);
    if (known !== undefined) return known;
    const made = new RequestLine(login, server.limits, {
      ...options,
      bytes: server.bytes,
      elsewhere: elsewhere(login, server.limits),
    });
    server.lines.set(login.user, made);
    return made;
  };
  return {
    request: async (login, bytes, wait, requests = 1) => {
      wait.signal.throwIfAborted();
      return line(login).enter(bytes, requests, wait);
    },
    pause: (login, ms, words) => line(login).pause(ms, words),
    reducedTo: (login) => line(login).reducedTo,
    close: async () => {
      const closed = new MxodusError('INTERRUPTED', {
        what: 'the process ends',
        why: 'it was asked to stop, or its work is done',
        advice: 'the same command goes on where it stopped',
      });
      const lines = [...servers.values()].flatMap((server) => [...server.lines.values()]);
      await Promise.all(lines.map((one) => one.close(closed)));
    },
  };
}
