import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { startDelay } from './start-delay.ts';

/** What the delaying process itself does to a connection that is not held up by any mail server. */
export interface DelayFigures {
  /** Of one byte there and back; median of 20. */
  roundTripMs: number;
  /** 100 MB to the client, which reads them as fast as it can. */
  megabytesPerSecond: number;
}

const MEGABYTES = 100;
const PINGS = 20;

/** Proves that the line adds time and does not limit the rate. */
export async function measureDelay(roundTripMs: number): Promise<DelayFigures> {
  const block = Buffer.alloc(1_000_000, 'x');
  // Echoes what it gets; on "G" it sends the megabytes.
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('data', (bytes) => {
      if (bytes.toString() !== 'G') socket.write(bytes);
      else for (let sent = 0; sent < MEGABYTES; sent += 1) socket.write(block);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const delay = await startDelay([(server.address() as AddressInfo).port], roundTripMs);
  const socket = connect({ port: delay.ports[0] ?? 0, host: '127.0.0.1', noDelay: true });
  try {
    const pings: number[] = [];
    for (let ping = 0; ping < PINGS; ping += 1) pings.push(await answer(socket, '.', 1));
    const seconds = (await answer(socket, 'G', MEGABYTES * block.length)) / 1000;
    const middle = pings.sort((a, b) => a - b)[PINGS / 2] ?? 0;
    return { roundTripMs: middle, megabytesPerSecond: MEGABYTES / seconds };
  } finally {
    socket.destroy();
    await delay.stop();
    server.close();
  }
}

/** Milliseconds until all bytes of the answer are here. */
async function answer(socket: Socket, question: string, bytes: number): Promise<number> {
  const started = performance.now();
  const { promise, resolve } = Promise.withResolvers<void>();
  let left = bytes;
  const count = (chunk: Buffer): void => {
    left -= chunk.length;
    if (left <= 0) resolve();
  };
  socket.on('data', count);
  socket.write(question);
  await promise;
  socket.off('data', count);
  return performance.now() - started;
}
