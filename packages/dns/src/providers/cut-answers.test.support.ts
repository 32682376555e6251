import { connect, createServer, type Socket } from 'node:net';

/** Between a provider and its server: passes all on, but answers to what `isWrite` are lost after the server has given them. */
export interface CutAnswers {
  port: number;
  stop: () => Promise<void>;
}

export async function cutAnswers(
  server: { host: string; port: number },
  isWrite: (request: Buffer) => boolean,
): Promise<CutAnswers> {
  const open = new Set<Socket>();
  const listener = createServer((client) => {
    const upstream = connect(server.port, server.host);
    let request = Buffer.alloc(0);
    const end = (): void => {
      for (const socket of [client, upstream]) {
        socket.destroy();
        open.delete(socket);
      }
    };
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on('error', end).on('close', end);
    }
    client.on('data', (chunk: Buffer) => {
      request = Buffer.concat([request, chunk]);
      upstream.write(chunk);
    });
    upstream.on('data', (chunk: Buffer) => (isWrite(request) ? end() : void client.write(chunk)));
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const address = listener.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    stop: async () => {
      for (const socket of open) socket.destroy();
      await new Promise<void>((resolve) => listener.close(() => resolve()));
    },
  };
}

/** An UPDATE (RFC 2136 section 2.2) after the two bytes of its length. */
export const isDnsUpdate = (request: Buffer): boolean => request.length > 4 && ((request[4] ?? 0) >> 3) % 16 === 5;

export const isHttpPatch = (request: Buffer): boolean => request.toString('latin1').startsWith('PATCH ');
