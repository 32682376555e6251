import {
  invariant,
  type Login,
  MxodusError,
  type RequestGovernor,
  type RequestLimits,
  type TrafficBook,
} from '@mxodus/model';
import { ByteRate } from '../governor/byte-rate.ts';
import { RequestLine } from './request-line.ts';

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
  const now = () => ({ at: performance.now(), wall: options.now().getTime() });
  const servers = new Map(
    Object.entries(limits).map(([server, own]) => {
      const rate = own.bytesPerSecond === null ? null : new ByteRate(own.bytesPerSecond, now().at);
      return [server, { limits: own, rate, lines: new Map<string, RequestLine>() }];
    }),
  );
  const line = (login: Login): RequestLine => {
    const server = servers.get(login.server);
    invariant(server !== undefined, `server ${login.server} has limits of requests`);
    const known = server.lines.get(login.user);
    if (known !== undefined) return known;
    const made = new RequestLine(login, server.limits, { book: options.book, rate: server.rate, now });
    server.lines.set(login.user, made);
    return made;
  };
  return {
    request: async (login, bytes, wait, requests = 1) => {
      wait.signal.throwIfAborted();
      return line(login).enter(bytes, requests, wait);
    },
    pause: (login, ms, words) => line(login).pause(ms, words),
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
