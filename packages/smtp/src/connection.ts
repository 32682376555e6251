import { connect, type Socket } from 'node:net';
import { type ConnectionOptions, type TLSSocket, connect as tlsConnect } from 'node:tls';
import type { SmtpTarget } from '@mxodus/model';
import { LineEnd, NoWayThere } from './line-end.ts';
import { type Reply, ReplyReader } from './reply-reader.ts';

export interface ConnectionLimits {
  /** Milliseconds for the connection, and for each reply as a whole: a server that says a little now and then gets no longer. */
  timeoutMs: number;
  /** Of one connection from its beginning to its end. */
  lifeMs: number;
  /** Whom to trust, where not those of the system. */
  tls: Pick<ConnectionOptions, 'ca'>;
  signal: AbortSignal;
}

/** One TCP connection to a mail host. Everything here rejects with LineEnd, or with the reason of `signal`. */
export class SmtpConnection {
  readonly #limits: ConnectionLimits;
  readonly #host: string;
  readonly #onAbort: () => void;
  readonly #life: NodeJS.Timeout;
  #reader = new ReplyReader();
  #socket: Socket;
  #end: unknown = null;
  readonly #ended = Promise.withResolvers<void>();
  #heard = Promise.withResolvers<void>();

  private constructor(socket: Socket, host: string, limits: ConnectionLimits) {
    this.#socket = socket;
    this.#host = host;
    this.#limits = limits;
    this.#onAbort = () => this.#finish(limits.signal.reason);
    limits.signal.addEventListener('abort', this.#onAbort, { once: true });
    this.#life = setTimeout(() => this.#finish(new LineEnd('it is too slow')), limits.lifeMs);
    this.#listen(socket);
    if (limits.signal.aborted) this.#onAbort();
  }

  static async open({ host, address, port }: SmtpTarget, limits: ConnectionLimits): Promise<SmtpConnection> {
    limits.signal.throwIfAborted();
    const socket = connect({ host: address, port, noDelay: true });
    await new Promise<void>((resolve, reject) => {
      const settle = (finish: () => void): void => {
        clearTimeout(timer);
        limits.signal.removeEventListener('abort', onAbort);
        socket.removeAllListeners();
        // A reset that arrives after we are done must not become an uncaught 'error'.
        socket.on('error', () => undefined);
        finish();
      };
      const fail = (error: unknown): void => {
        settle(() => reject(error));
        socket.destroy();
      };
      const onAbort = (): void => fail(limits.signal.reason);
      const timer = setTimeout(
        () => fail(new NoWayThere(`nothing answers within ${limits.timeoutMs / 1000} s`)),
        limits.timeoutMs,
      );
      limits.signal.addEventListener('abort', onAbort, { once: true });
      socket.once('connect', () => settle(resolve));
      socket.once('error', (error: NodeJS.ErrnoException) => fail(connectFault(error)));
    });
    return new SmtpConnection(socket, host, limits);
  }

  /** The next reply. */
  async reply(): Promise<Reply> {
    const timer = setTimeout(
      () => this.#finish(new LineEnd(`no answer within ${this.#limits.timeoutMs / 1000} s`)),
      this.#limits.timeoutMs,
    );
    try {
      for (;;) {
        const reply = this.#reader.next();
        if (reply !== null) return reply;
        if (this.#end !== null) throw this.#end;
        this.#heard = Promise.withResolvers();
        await Promise.race([this.#heard.promise, this.#ended.promise]);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** A reply that is here already. */
  said(): Reply | null {
    return this.#reader.next();
  }

  async command(line: string): Promise<Reply> {
    await this.write(`${line}\r\n`);
    return this.reply();
  }

  /** Resolves when the bytes are handed over, which does not mean that they arrived. */
  async write(data: string | Buffer): Promise<void> {
    if (this.#end !== null) throw this.#end;
    const timer = setTimeout(() => this.#finish(new LineEnd('it does not read what is sent')), this.#limits.timeoutMs);
    try {
      const written = new Promise<void>((resolve) => this.#socket.write(data, () => resolve()));
      await Promise.race([written, this.#ended.promise]);
    } finally {
      clearTimeout(timer);
    }
    // A server may answer and close before it has read all: what it said is the better end of the two.
    if (this.#end !== null && this.#reader.isEmpty) throw this.#end;
  }

  /** TLS on the same connection, after the server agreed. A certificate that nobody trusts is no fault here: the caller judges it. */
  async startTls(): Promise<TLSSocket> {
    // What was sent before TLS could come from anybody on the way (RFC 3207 section 6).
    if (!this.#reader.isEmpty) throw new LineEnd('it sent more than its answer before TLS began');
    const { timeoutMs, tls } = this.#limits;
    const plain = this.#socket;
    plain.removeAllListeners();
    plain.on('error', () => undefined);
    const name = /^[\d.]+$|:/.test(this.#host) ? {} : { servername: this.#host };
    const secure = tlsConnect({ ...tls, ...name, socket: plain, host: this.#host, rejectUnauthorized: false });
    this.#socket = secure;
    this.#listen(secure);
    const timer = setTimeout(() => this.#finish(new LineEnd('TLS was not ready in time')), timeoutMs);
    try {
      const ready = new Promise<void>((resolve) => secure.once('secureConnect', () => resolve()));
      await Promise.race([ready, this.#ended.promise]);
    } finally {
      clearTimeout(timer);
    }
    if (this.#end !== null) throw this.#end;
    return secure;
  }

  /** Says QUIT and does not wait for the answer longer than a moment. */
  async quit(): Promise<void> {
    if (this.#end === null && this.#socket.writable) {
      this.#socket.end('QUIT\r\n');
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 500);
        this.#socket.once('close', () => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
    this.close();
  }

  close(): void {
    this.#finish(new LineEnd('the connection is closed'));
  }

  #listen(socket: Socket): void {
    socket.on('data', (chunk: Buffer) => {
      try {
        this.#reader.push(chunk);
      } catch (error) {
        this.#finish(new LineEnd(error instanceof Error ? error.message : String(error)));
      }
      this.#heard.resolve();
    });
    socket.on('error', (error) => this.#finish(new LineEnd(`the connection broke: ${error.message}`)));
    socket.on('close', () => this.#finish(new LineEnd('it closed the connection')));
    socket.on('end', () => this.#finish(new LineEnd('it closed the connection')));
  }

  #finish(reason: unknown): void {
    if (this.#end !== null) return;
    this.#end = reason;
    clearTimeout(this.#life);
    this.#limits.signal.removeEventListener('abort', this.#onAbort);
    this.#socket.destroy();
    this.#ended.resolve();
  }
}

/** Errors of this machine and of the network, which say nothing about the host. */
const NO_WAY: ReadonlySet<string> = new Set([
  ...['ETIMEDOUT', 'ENETUNREACH', 'EHOSTUNREACH', 'EACCES', 'EPERM', 'EADDRNOTAVAIL', 'EAFNOSUPPORT'],
]);

function connectFault(error: NodeJS.ErrnoException): LineEnd {
  if (error.code === 'ECONNREFUSED') return new LineEnd('it refuses the connection');
  const why = `no connection: ${error.message}`;
  return error.code !== undefined && NO_WAY.has(error.code) ? new NoWayThere(why) : new LineEnd(why);
}
