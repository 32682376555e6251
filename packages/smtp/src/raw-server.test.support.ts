import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { SmtpTarget } from '@mxodus/model';

export interface RawServer {
  target: SmtpTarget;
  /** Every line that came, of all connections. */
  lines: readonly string[];
  readonly connections: number;
  /** Connections that are open now. */
  readonly open: number;
  stop(): Promise<void>;
}

/** A server that says what a test wants. @param onLine returns what to write, or does something to the socket itself */
export async function startRawServer(
  onConnect: (socket: Socket) => void,
  onLine: (line: string, socket: Socket) => string | null = () => null,
): Promise<RawServer> {
  const sockets = new Set<Socket>();
  const lines: string[] = [];
  let connections = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    connections += 1;
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    let rest = '';
    socket.on('data', (chunk) => {
      const [last = '', ...whole] = (rest + chunk.toString('latin1')).split('\r\n').reverse();
      rest = last;
      for (const line of whole.reverse()) {
        lines.push(line);
        const answer = onLine(line, socket);
        if (answer !== null) socket.write(answer);
      }
    });
    onConnect(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  return {
    target: { host: 'mx.hostile.test', address: '127.0.0.1', port: address.port },
    lines,
    get connections() {
      return connections;
    },
    get open() {
      return sockets.size;
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

export interface Script {
  banner?: string;
  ehlo?: string;
  /** The answer to a line, with its line end; null: none. Default: a friendly host. */
  answer?: (line: string, socket: Socket) => string | null | undefined;
}

/** A host that is friendly unless the script says otherwise. */
export function startHost({ banner = '220 mx.hostile.test ESMTP', ehlo, answer }: Script = {}): Promise<RawServer> {
  const inData = new Set<Socket>();
  return startRawServer(
    (socket) => void socket.write(`${banner}\r\n`),
    (line, socket) => {
      if (inData.has(socket) && line !== '.') return null;
      inData.delete(socket);
      const scripted = answer?.(line, socket);
      if (scripted !== undefined) return scripted;
      if (line.startsWith('EHLO')) return ehlo ?? '250-mx.hostile.test\r\n250 PIPELINING\r\n';
      if (line === 'DATA') inData.add(socket);
      if (line === 'DATA') return '354 go on\r\n';
      if (line === 'QUIT') socket.end('221 bye\r\n');
      return line === 'QUIT' ? null : '250 ok\r\n';
    },
  );
}
