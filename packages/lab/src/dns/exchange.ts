import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { type DnsMessage, type DnsType, decodeMessage, encodeQuery } from './packet.ts';

export interface DnsAddress {
  host: string;
  port: number;
}

/** Asks one server over UDP, without retry. Throws when no answer comes within `timeoutMs` (default 2000). */
export function queryDns(server: DnsAddress, name: string, type: DnsType, timeoutMs = 2000): Promise<DnsMessage> {
  return exchange(server, encodeQuery(randomInt(0x10000), name, type), timeoutMs);
}

/** Sends one message over UDP and returns the answer with the same id. */
export function exchange({ host, port }: DnsAddress, request: Buffer, timeoutMs: number): Promise<DnsMessage> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      socket.close();
      act();
    };
    const fail = (error: Error): void => settle(() => reject(error));
    const timer = setTimeout(
      () => fail(new Error(`${host}:${port} did not answer within ${timeoutMs} ms.`)),
      timeoutMs,
    );
    socket.on('error', fail);
    socket.on('message', (bytes) => {
      if (bytes.length < 12 || bytes.readUInt16BE(0) !== request.readUInt16BE(0)) return;
      settle(() => resolve(decodeMessage(bytes)));
    });
    // Connected, so that a closed port is an error at once.
    socket.connect(port, host, () => socket.send(request));
  });
}
