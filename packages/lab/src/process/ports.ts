import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

// Below the kernel's ephemeral range (32768 on Linux), so that no outgoing connection takes the port between probe and use; above the
// highest port that fetch and browsers refuse ("bad port", 10080: Fetch 2.9).
const LOWEST = 10_081;
const HIGHEST = 32_000;

/** Finds a port free in TCP and UDP on every one of `hosts`. The caller binds it: on a lost race, ask again. */
export async function freePort(hosts: readonly string[] = ['127.0.0.1']): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const port = randomInt(LOWEST, HIGHEST);
    const free = await Promise.all(hosts.flatMap((host) => [tcpFree(host, port), udpFree(host, port)]));
    if (free.every(Boolean)) return port;
  }
  throw new Error(`No free port found on ${hosts.join(', ')} between ${LOWEST} and ${HIGHEST}.`);
}

function tcpFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

function udpFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', () => {
      socket.close();
      resolve(false);
    });
    socket.bind({ address: host, port, exclusive: true }, () => socket.close(() => resolve(true)));
  });
}
