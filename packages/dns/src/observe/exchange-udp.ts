import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { endpointText } from '../endpoint.ts';
import type { Exchange } from './exchange.ts';

/** One datagram out, one in. What is not the answer to `message` (see `accept`) is ignored: it may be forged. */
export function exchangeUdp({ server, message, accept, timeoutMs, signal }: Exchange): Promise<Buffer> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const socket = createSocket(isIPv6(server.address) ? 'udp6' : 'udp4');
    const timer = setTimeout(() => {
      settle(() => reject(new Error(`no answer from ${endpointText(server)} over UDP within ${timeoutMs} ms`)));
    }, timeoutMs);
    const onAbort = () => settle(() => reject(signal.reason));
    const settle = (finish: () => void) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      socket.removeAllListeners();
      socket.close();
      finish();
    };
    signal.addEventListener('abort', onAbort, { once: true });
    socket.on('error', (error) => settle(() => reject(error)));
    socket.on('message', (answer) => {
      if (accept(answer)) settle(() => resolve(answer));
    });
    // A connected socket hears of ICMP port unreachable at once, and nothing from other addresses.
    socket.connect(server.port, server.address, () => socket.send(message));
  });
}
