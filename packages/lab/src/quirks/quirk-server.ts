/**
 * A loopback server that behaves like the awkward ones: a proxy in front of a real Dovecot with quirks in between. What no
 * quirk touches passes byte for byte, literals of any size included, no faster than the other end takes it.
 */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import type { Quirk } from './quirk.ts';
import { openQuirkConnection } from './quirk-connection.ts';

export interface QuirkServer {
  host: '127.0.0.1';
  port: number;
  /** Commands of clients so far, by name: 'APPEND', 'UID FETCH'. */
  readonly commands: ReadonlyMap<string, number>;
  /** Connections made so far. */
  readonly connections: number;
  /** Connections open now. */
  readonly open: number;
  /** For connections made from now on. */
  setQuirks(quirks: Quirks): void;
  /** Throws when a quirk failed: the test is wrong then. */
  stop(): Promise<void>;
}

/** In the order they are asked. */
export type Quirks = readonly (Quirk | readonly Quirk[])[];

export interface QuirkServerOptions {
  /** Speaks cleartext. */
  target: { host: string; port: number };
  quirks?: Quirks;
}

/** Starts a server on a free port of 127.0.0.1. */
export async function startQuirkServer({ target, quirks = [] }: QuirkServerOptions): Promise<QuirkServer> {
  const commands = new Map<string, number>();
  const faults: unknown[] = [];
  const open = new Set<{ cut(): void }>();
  let [connections, current] = [0, quirks.flat()];

  const server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
    connections++;
    const connection = openQuirkConnection({
      id: connections,
      client,
      target: { host: target.host, port: target.port },
      quirks: current,
      onCommand: ({ name }) => void commands.set(name, (commands.get(name) ?? 0) + 1),
      onFault: (error) => void faults.push(error),
      onGone: () => void open.delete(connection),
    });
    open.add(connection);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    commands,
    get connections() {
      return connections;
    },
    get open() {
      return open.size;
    },
    setQuirks: (next) => {
      current = next.flat();
    },
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const connection of open) connection.cut();
      await closed;
      if (faults.length > 0) throw new AggregateError(faults, faults.map(String).join('\n'));
    },
  };
}
