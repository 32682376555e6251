/**
 * The lab's own IMAP client: just enough to read an account back and to poke at a server in a test. It shares no code with
 * the product, so that a mistake there cannot hide here.
 */
import { readFile } from 'node:fs/promises';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { createResponseReader, type Response } from './response-reader.ts';

export interface ImapServer {
  host: string;
  port: number;
  /** Default: none. */
  tls?: 'none' | 'starttls' | 'implicit';
  /** PEM file to trust, for TLS. */
  caFile?: string;
}

export interface RawConnection {
  /**
   * Sends one command (without tag and CRLF) and waits for its tagged answer, which is returned without the tag.
   * A Buffer among the parts is sent as a literal. Throws on NO, BAD and a lost connection.
   */
  command(parts: string | readonly (string | Buffer)[], onUntagged?: (response: Response) => void): Promise<string>;
  /** LOGOUT, or just the end of the connection. */
  close(): void;
}

interface Waiting {
  tag: string;
  /** What is to be sent at the server's continuation requests. */
  rest: Buffer[];
  onUntagged: (response: Response) => void;
  resolve(answer: string): void;
  reject(error: Error): void;
}

/** Connects, waits for the greeting, negotiates TLS where asked for. */
export async function openRawConnection(server: ImapServer): Promise<RawConnection> {
  const ca = server.caFile ? await readFile(server.caFile) : undefined;
  const tlsOptions = { host: server.host, servername: 'localhost', ...(ca ? { ca } : {}) };
  const where = `${server.host}:${server.port}`;
  if (server.tls === 'implicit') {
    return greeted(where, connectTls({ ...tlsOptions, port: server.port }));
  }
  const socket = connectTcp({ host: server.host, port: server.port, noDelay: true });
  if (server.tls !== 'starttls') return greeted(where, socket);
  const clear = await greeted(where, socket);
  await clear.command('STARTTLS');
  clear.release();
  const secure = connectTls({ ...tlsOptions, socket });
  await new Promise<void>((resolve, reject) => {
    secure.once('secureConnect', () => resolve());
    secure.once('error', reject);
  });
  return talk(where, secure);
}

interface ReleasableConnection extends RawConnection {
  /** Takes the listeners off the socket. */
  release(): void;
}

async function greeted(where: string, socket: Socket | TLSSocket): Promise<ReleasableConnection> {
  let greeting: (() => void) | null = null;
  const ready = new Promise<void>((resolve) => {
    greeting = resolve;
  });
  const connection = talk(where, socket, () => greeting?.());
  await Promise.race([ready, connection.failed]);
  return connection;
}

function talk(
  where: string,
  socket: Socket | TLSSocket,
  onGreeting?: () => void,
): ReleasableConnection & { failed: Promise<never> } {
  let waiting: Waiting | null = null;
  let lost: Error | null = null;
  let count = 0;
  // Of the greeting; a server that lists no capabilities there is taken to have it.
  let literalPlus: boolean | null = null;
  let fail: (error: Error) => void = () => undefined;
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  failed.catch(() => undefined);

  const onResponse = (response: Response): void => {
    const text = typeof response[0] === 'string' ? response[0] : '';
    if (waiting && text.startsWith(`${waiting.tag} `)) {
      const { tag, resolve, reject } = waiting;
      waiting = null;
      const answer = text.slice(tag.length + 1);
      if (answer.startsWith('OK')) resolve(answer);
      else reject(new Error(`${where} answered ${answer}`));
    } else if (waiting) {
      const next = text.startsWith('+') ? waiting.rest.shift() : undefined;
      if (next) socket.write(next);
      else waiting.onUntagged(response);
    } else if (literalPlus === null) {
      literalPlus = !text.includes('[CAPABILITY ') || text.includes('LITERAL+');
      onGreeting?.();
    }
  };
  const onLost = (error?: Error): void => {
    lost = new Error(`Lost the connection to ${where}${error ? `: ${error.message}` : ''}`, { cause: error });
    fail(lost);
    waiting?.reject(lost);
    waiting = null;
  };
  const onEnd = (): void => onLost();
  const read = createResponseReader(onResponse);
  socket.on('data', read);
  socket.on('error', onLost);
  socket.on('close', onEnd);

  return {
    failed,
    command: (parts, onUntagged = () => undefined) =>
      new Promise((resolve, reject) => {
        if (lost) return reject(lost);
        if (waiting) return reject(new Error('One command at a time.'));
        const tag = `L${++count}`;
        const atOnce = literalPlus ?? true;
        const all = encode(tag, typeof parts === 'string' ? [parts] : parts, atOnce);
        const [first, ...rest] = atOnce ? [Buffer.concat(all)] : all;
        waiting = { tag, rest, onUntagged, resolve, reject };
        if (first) socket.write(first);
      }),
    close: () => {
      socket.off('close', onEnd);
      socket.end('BYE LOGOUT\r\n');
      socket.destroySoon();
    },
    release: () => {
      socket.off('data', read);
      socket.off('error', onLost);
      socket.off('close', onEnd);
    },
  };
}

// LITERAL+ ({n+}): every server of the lab has it but Courier; Dovecot takes it even where a capability override hides it.
function encode(tag: string, parts: readonly (string | Buffer)[], literalPlus: boolean): Buffer[] {
  const chunks: Buffer[] = [];
  let line = `${tag} `;
  let before: Buffer = Buffer.alloc(0);
  for (const part of parts) {
    if (typeof part === 'string') line += part;
    else {
      chunks.push(
        Buffer.concat([before, Buffer.from(`${line}{${part.length}${literalPlus ? '+' : ''}}\r\n`, 'latin1')]),
      );
      [before, line] = [part, ''];
    }
  }
  return [...chunks, Buffer.concat([before, Buffer.from(`${line}\r\n`, 'latin1')])];
}

/** A quoted string for a command. */
export function quoted(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&')}"`;
}
