/**
 * The process that stands between the tools and the servers and delays every byte; a process of its own, so that its work does
 * not stop theirs. Arguments: the ports to stand before. It tells its own ports in the same order, takes the delay (ms, one
 * way) in messages, and ends with its owner.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { delayedLink } from './delay/delayed-link.ts';

let oneWayMs = 0;
const delayMs = (): number => oneWayMs;

function pass(client: Socket, targetPort: number): void {
  const server = connect({ port: targetPort, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
  delayedLink(client, server, delayMs);
  delayedLink(server, client, delayMs);
  for (const [one, other] of [
    [client, server],
    [server, client],
  ] as const) {
    one.on('error', () => other.destroy());
    one.on('close', () => {
      if (!one.readableEnded) other.destroy();
    });
  }
}

async function open(targetPort: number): Promise<number> {
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => pass(client, targetPort));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

process.on('message', (message) => {
  oneWayMs = Number(message);
});
process.on('disconnect', () => process.exit());
process.send?.(await Promise.all(process.argv.slice(2).map((port) => open(Number(port)))));
