import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** What passes, as whole lines in latin1; returned is what goes on instead, null cuts the connection. */
type Edit = (text: string, connection: number) => string | null | Promise<string | null>;

export interface Script {
  /** May wait: what the client sent stays here until then. */
  commands?: Edit;
  answers?: Edit;
}

export interface LineProxy {
  port: number;
  /** May be changed while connections are open. */
  script: Script;
  stop(): Promise<void>;
}

/** A proxy in front of an IMAP server that does to commands and answers what its script says. */
export async function startLineProxy(target: number, script: Script = {}): Promise<LineProxy> {
  const open = new Set<Socket>();
  let connections = 0;
  const proxy = { script };
  const server = createServer({ noDelay: true }, (client) => {
    connections += 1;
    const connection = connections;
    const upstream = connect({ port: target, host: '127.0.0.1', noDelay: true });
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => open.delete(socket));
    }
    const pass = (text: string): string => text;
    void pump(client, upstream, (text) => (proxy.script.commands ?? pass)(text, connection));
    void pump(upstream, client, (text) => (proxy.script.answers ?? pass)(text, connection));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return Object.assign(proxy, {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of open) socket.destroy();
      await closed;
    },
  });
}

/** Every command and answer ends in CRLF, so holding back the start of a line delays it and loses nothing. */
async function pump(from: Socket, to: Socket, edit: (text: string) => ReturnType<Edit>): Promise<void> {
  let held = '';
  try {
    for await (const chunk of from as AsyncIterable<Buffer>) {
      held += chunk.toString('latin1');
      const end = held.lastIndexOf('\n') + 1;
      if (end === 0) continue;
      const text = await edit(held.slice(0, end));
      held = held.slice(end);
      if (text === null) break;
      to.write(Buffer.from(text, 'latin1'));
    }
    to.end();
  } catch {
    to.destroy();
  }
}

/** Dovecot sends APPENDUID whatever it advertises. */
export const withoutAppendUid = (text: string): string => text.replace(/^(X\d+ OK )\[APPENDUID [^\]]*\] /gm, '$1');
