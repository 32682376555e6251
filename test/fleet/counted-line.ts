import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A line to a server that counts the connections which are open at the same time, in all and by who signed in. */
export interface CountedLine {
  port: number;
  /** The most there were at once. */
  readonly most: number;
  /** The most one user had at once. */
  readonly mostOfOneUser: number;
  stop(): Promise<void>;
}

const LOGIN = /^\S+ LOGIN "?([^" ]+)/im;
const PLAIN = /^([A-Za-z0-9+/=]{8,})\r$/m;

export async function startCountedLine(target: number): Promise<CountedLine> {
  const sockets = new Set<Socket>();
  const open = new Map<string, number>();
  let [now, most, mostOfOneUser] = [0, 0, 0];
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ port: target, host: '127.0.0.1', noDelay: true });
    let user: string | null = null;
    let said = '';
    now += 1;
    most = Math.max(most, now);
    client.on('data', (bytes: Buffer) => {
      if (user !== null || said.length > 4000) return;
      said += bytes.toString('latin1');
      user = userOf(said);
      if (user === null) return;
      const count = (open.get(user) ?? 0) + 1;
      open.set(user, count);
      mostOfOneUser = Math.max(mostOfOneUser, count);
    });
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroySoon();
      });
    }
    client.pipe(upstream);
    upstream.pipe(client);
    // The server is rid of it when its own side is closed.
    upstream.on('close', () => {
      now -= 1;
      if (user !== null) open.set(user, (open.get(user) ?? 1) - 1);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: isAddress(address) ? address.port : 0,
    get most() {
      return most;
    },
    get mostOfOneUser() {
      return mostOfOneUser;
    },
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

const isAddress = (address: AddressInfo | string | null): address is AddressInfo =>
  typeof address === 'object' && address !== null;

/** LOGIN, or the answer to AUTHENTICATE PLAIN. */
function userOf(said: string): string | null {
  const login = LOGIN.exec(said)?.[1];
  if (login !== undefined) return login;
  const plain = PLAIN.exec(said)?.[1];
  if (plain === undefined) return null;
  return Buffer.from(plain, 'base64').toString().split('\0')[1] ?? null;
}
