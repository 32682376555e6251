import { connect } from 'node:net';
import { endpointText } from '../endpoint.ts';
import type { Exchange } from './exchange.ts';

/** One message out, one in, over TCP with the two-byte length (RFC 1035 section 4.2.2). */
export function exchangeTcp({ server, message, accept, timeoutMs, signal }: Exchange): Promise<Buffer> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const socket = connect(server.port, server.address);
    let received = Buffer.alloc(0);
    const fail = (why: string) => settle(() => reject(new Error(`${why} (${endpointText(server)} over TCP)`)));
    const timer = setTimeout(() => fail(`no answer within ${timeoutMs} ms`), timeoutMs);
    const onAbort = () => settle(() => reject(signal.reason));
    const settle = (finish: () => void) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      socket.removeAllListeners();
      // A reset that arrives after we are done must not become an uncaught 'error'.
      socket.on('error', () => undefined);
      socket.destroy();
      finish();
    };
    signal.addEventListener('abort', onAbort, { once: true });
    socket.on('error', (error) => settle(() => reject(error)));
    socket.on('close', () => fail('the connection was closed before the answer'));
    socket.on('connect', () => socket.write(Buffer.concat([lengthOf(message), message])));
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 2) return;
      const end = 2 + received.readUInt16BE(0);
      if (received.length < end) return;
      const answer = received.subarray(2, end);
      if (accept(answer)) settle(() => resolve(answer));
      else fail('the answer does not belong to the question');
    });
  });
}

function lengthOf(message: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return length;
}
