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
    } else if (waiting) waiting.onUntagged(response);
    else onGreeting?.();
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
        waiting = { tag, onUntagged, resolve, reject };
        socket.write(encode(tag, typeof parts === 'string' ? [parts] : parts));
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

// LITERAL+ ({n+}): every server of the lab but those with a capability override has it, and Dovecot takes it even then.
function encode(tag: string, parts: readonly (string | Buffer)[]): Buffer {
  const chunks: Buffer[] = [Buffer.from(`${tag} `)];
  for (const part of parts) {
    if (typeof part === 'string') chunks.push(Buffer.from(part, 'latin1'));
    else chunks.push(Buffer.from(`{${part.length}+}\r\n`), part);
  }
  return Buffer.concat([...chunks, Buffer.from('\r\n')]);
}

/** A quoted string for a command. */
export function quoted(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&')}"`;
}
