/**
 * A loopback TCP proxy in front of an IMAP server, which adds round-trip time and does to a connection what networks do:
 * cuts it before, inside or after a command, or falls silent. It reads cleartext IMAP; after STARTTLS or COMPRESS it passes
 * bytes and its rules no longer match.
 */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { type ProxiedConnection, proxyConnection, type Traffic } from './proxied-connection.ts';
import { type CutKind, createRules, type Fault, type RuleOptions } from './rules.ts';

/** A rule's `on` is matched against the first line of each command without its tag: 'APPEND "INBOX" (\Seen) {310}'. */
export interface FaultProxy {
  host: '127.0.0.1';
  port: number;
  /** Nothing of the command reaches the server; both sides are cut. */
  cutBeforeServerSees(on: RegExp, options?: RuleOptions): Fault;
  /** The first `bytes` bytes of the command, literals included, reach the server; then both sides are cut. */
  cutInsideCommand(on: RegExp, bytes: number, options?: RuleOptions): Fault;
  /**
   * The whole command reaches the server, nothing after it does. When the server has answered OK, that answer is dropped
   * and both sides are cut: the server has done it, and the client cannot know. On NO or BAD nothing happens.
   */
  cutAfterClientSends(on: RegExp, options?: RuleOptions): Fault;
  /** From this command on nothing passes in either direction; the connection stays open. */
  stall(on: RegExp, options?: RuleOptions): Fault;
  /** Cuts all connections now. Returns how many. */
  cutAll(end?: CutKind): number;
  /** While true, new connections are reset at once. */
  refuse(yes: boolean): void;
  /** One-way delay of every byte from now on, ms. */
  setDelay(oneWayMs: number): void;
  /** Bytes passed on. */
  readonly bytesToServer: number;
  readonly bytesToClient: number;
  /** Commands that reached the server, by name in upper case: 'APPEND', 'UID FETCH'. */
  readonly commands: ReadonlyMap<string, number>;
  /** Connections made so far. */
  readonly connections: number;
  /** Connections open now. */
  readonly open: number;
  stop(): Promise<void>;
}

export interface FaultProxyOptions {
  target: { host: string; port: number };
  /** One-way delay, ms. Default 0. */
  delayMs?: number;
}

/** Starts a proxy on a free port of 127.0.0.1. */
export async function startFaultProxy({ target, delayMs = 0 }: FaultProxyOptions): Promise<FaultProxy> {
  const traffic: Traffic = { delayMs, bytesToServer: 0, bytesToClient: 0, commands: new Map() };
  const rules = createRules();
  const open = new Set<ProxiedConnection>();
  let refusing = false;
  let connections = 0;

  const server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
    if (refusing) {
      client.resetAndDestroy();
      return;
    }
    connections++;
    const onGone = (): void => void open.delete(connection);
    const connection = proxyConnection({ client, target, rules, traffic, onGone });
    open.add(connection);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cutAll = (end: CutKind = 'rst'): number => {
    const all = [...open];
    for (const connection of all) connection.cut(end);
    return all.length;
  };
  return {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    cutBeforeServerSees: (on, options) => rules.add(on, { kind: 'before' }, options),
    cutInsideCommand: (on, bytes, options) => rules.add(on, { kind: 'inside', bytes }, options),
    cutAfterClientSends: (on, options) => rules.add(on, { kind: 'after' }, options),
    stall: (on, options) => rules.add(on, { kind: 'stall' }, options),
    cutAll,
    refuse: (yes) => {
      refusing = yes;
    },
    setDelay: (oneWayMs) => {
      traffic.delayMs = oneWayMs;
    },
    get bytesToServer() {
      return traffic.bytesToServer;
    },
    get bytesToClient() {
      return traffic.bytesToClient;
    },
    commands: traffic.commands,
    get connections() {
      return connections;
    },
    get open() {
      return open.size;
    },
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      cutAll();
      await closed;
    },
  };
}
