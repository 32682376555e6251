import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface StrippingProxy {
  port: number;
  stop(): Promise<void>;
}

/** A proxy in front of an IMAP server that takes APPENDUID out of its answers: Dovecot sends it whatever it advertises. */
export async function withoutAppendUid(target: number): Promise<StrippingProxy> {
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1');
    let held = '';
    client.pipe(upstream);
    upstream.on('data', (chunk: Buffer) => {
      // Every answer ends in CRLF, so holding back the start of a line delays it and loses nothing.
      held += chunk.toString('latin1');
      if (!held.endsWith('\n')) return;
      client.write(Buffer.from(held.replace(/^(X\d+ OK )\[APPENDUID [^\]]*\] /gm, '$1'), 'latin1'));
      held = '';
    });
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        open.delete(socket);
        other.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      server.close();
      for (const socket of open) socket.destroy();
      await once(server, 'close');
    },
  };
}
