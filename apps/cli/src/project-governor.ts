import { createHash } from 'node:crypto';
import {
  type Config,
  type ExchangeServerConfig,
  portOf,
  type RequestLimits,
  type ServerBurden,
  type ServerConfig,
  type TrafficBook,
} from '@mxodus/model';
import { type InlineGovernor, type InlineRequestGovernor, inlineGovernor, inlineRequestGovernor } from '@mxodus/queue';
import type { ServerLimits } from '@mxodus/runner';

/** What keeps everything that talks to the servers of a project within their limits. */
export interface Governors {
  connections(config: Config, book: TrafficBook): InlineGovernor;
  requests(config: Config, book: TrafficBook): InlineRequestGovernor;
}

const now = (): Date => new Date();

/** One for everything the process does; other processes are not seen. */
export const inlineGovernors: Governors = {
  connections: (config, book) => inlineGovernor(burdensOf(config), { book, now }),
  requests: (config, book) => inlineRequestGovernor(requestLimitsOf(config), { book, now }),
};

/** By server, of those that speak IMAP. */
export function burdensOf({ servers }: Config): Record<string, ServerBurden> {
  return Object.fromEntries(
    Object.entries(servers).flatMap(([name, server]): [string, ServerBurden][] =>
      server.kind === 'imap' ? [[name, burdenOf(server.limits)]] : [],
    ),
  );
}

/** By server, of those of kind exchange. */
export function requestLimitsOf({ servers }: Config): Record<string, RequestLimits> {
  return Object.fromEntries(
    Object.entries(servers).flatMap(([name, server]): [string, RequestLimits][] =>
      server.kind === 'exchange' ? [[name, requestLimits(server)]] : [],
    ),
  );
}

/** What a pass over a mailbox of a tenant counts as: two lanes that append, and the session for small requests. */
const LANES_OF_A_TENANT = 3;

export function serverLimits(server: ServerConfig): ServerLimits {
  if (server.kind === 'exchange') {
    const connections = server.limits.mailboxes * LANES_OF_A_TENANT;
    return { connections, connectionsPerMailbox: LANES_OF_A_TENANT, labels: 'folders' };
  }
  const { limits, labels } = server;
  return { connections: limits.connections, connectionsPerMailbox: limits.connections_per_mailbox, labels };
}

/** What a server is called where its name is nobody's business: the same for the same server in every config. */
export function serverKey(server: ServerConfig): string {
  const place = server.kind === 'imap' ? `${server.host.toLowerCase()}:${portOf(server)}` : server.tenant.toLowerCase();
  return createHash('sha256').update(place).digest('hex').slice(0, 12);
}

type ImapLimits = Extract<ServerConfig, { kind: 'imap' }>['limits'];

const burdenOf = (limits: ImapLimits): ServerBurden => ({
  connections: limits.connections,
  connectionsPerMailbox: limits.connections_per_mailbox,
  bytesPerSecond: limits.bytes_per_second,
  bytesPerDay: limits.bytes_per_day,
});

const requestLimits = ({ limits }: ExchangeServerConfig): RequestLimits => ({
  concurrent: limits.concurrent_requests,
  requests: { most: limits.requests, inMs: limits.requests_in },
  upload: { mostBytes: limits.upload, inMs: limits.upload_in },
  bytesPerSecond: limits.bytes_per_second,
  bytesPerDay: limits.bytes_per_day,
});
