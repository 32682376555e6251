import type { Config, ServerBurden, TrafficBook } from '@mxodus/model';
import { type InlineGovernor, inlineGovernor } from '@mxodus/queue';

/** One for everything the process does with the project's IMAP servers. */
export function projectGovernor(config: Config, book: TrafficBook): InlineGovernor {
  const burdens = Object.entries(config.servers).flatMap(([name, server]): [string, ServerBurden][] =>
    server.kind === 'imap' ? [[name, burdenOf(server.limits)]] : [],
  );
  return inlineGovernor(Object.fromEntries(burdens), { book, now: () => new Date() });
}

type ImapLimits = Extract<Config['servers'][string], { kind: 'imap' }>['limits'];

const burdenOf = (limits: ImapLimits): ServerBurden => ({
  connections: limits.connections,
  connectionsPerMailbox: limits.connections_per_mailbox,
  bytesPerSecond: limits.bytes_per_second,
  bytesPerDay: limits.bytes_per_day,
});
