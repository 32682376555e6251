import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A client that sends what the test says, as the test says it, and reads bytes. */
export interface Conversation {
  socket: Socket;
  /** latin1. */
  send(text: string | Buffer): void;
  /** Waits for a match in what came since the last call; returns all up to its end, latin1. Throws when the connection ends. */
  until(pattern: RegExp): Promise<string>;
  /** Sends a command, a Buffer as {n+}; returns everything up to and including its tagged answer. */
  command(...parts: (string | Buffer)[]): Promise<string>;
  /** What came until the other end closed. */
  rest(): Promise<string>;
  close(): void;
}

export async function converse(server: { host: string; port: number }): Promise<Conversation> {
  const socket = connect({ host: server.host, port: server.port, noDelay: true });
  let [received, ended, count] = ['', false, 0];
  let wake = Promise.withResolvers<void>();
  const change = (): void => {
    wake.resolve();
    wake = Promise.withResolvers<void>();
  };
  socket.on('data', (bytes: Buffer) => {
    received += bytes.toString('latin1');
    change();
  });
  for (const event of ['end', 'close', 'error'] as const) {
    socket.on(event, () => {
      ended = true;
      change();
    });
  }
  const send = (text: string | Buffer): void => {
    socket.write(typeof text === 'string' ? Buffer.from(text, 'latin1') : text);
  };
  const until = async (pattern: RegExp): Promise<string> => {
    for (;;) {
      const found = pattern.exec(received);
      if (found) {
        const text = received.slice(0, found.index + found[0].length);
        received = received.slice(text.length);
        return text;
      }
      if (ended) throw new Error(`The connection ended; received ${JSON.stringify(received.slice(-300))}`);
      await wake.promise;
    }
  };
  await once(socket, 'connect');
  await until(/^\* .*\r\n/);
  return {
    socket,
    send,
    until,
    command: (...parts) => {
      const tag = `t${++count}`;
      send(`${tag} `);
      for (const part of parts) {
        if (typeof part !== 'string') send(`{${part.length}+}\r\n`);
        send(part);
      }
      send('\r\n');
      return until(new RegExp(`^${tag} .*\\r\\n`, 'm'));
    },
    rest: async () => {
      while (!ended) await wake.promise;
      return received;
    },
    close: () => void socket.destroy(),
  };
}
