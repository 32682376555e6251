import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { Agent, buildConnector, type Dispatcher, request } from 'undici';
import { type Asked, Questions } from './asked.ts';

/** Why there is no answer. */
export type Silence = 'unreachable' | 'no-such-host' | 'certificate' | 'tls' | 'lost' | 'timeout';

/** There is no answer. Its text holds no address, no header and no body. */
export class HttpsFailure extends Error {
  readonly kind: Silence;
  /** Nothing of the request left this machine: it was certainly not done. */
  readonly unsent: boolean;

  constructor(kind: Silence, unsent: boolean, words: string) {
    super(words);
    this.name = 'HttpsFailure';
    this.kind = kind;
    this.unsent = unsent;
  }
}

export interface HttpsPoolOptions {
  /** PEM text of the authority to trust instead of the system ones. */
  ca?: string;
  /** Most connections to one host. */
  connections: number;
  /** How long a silent server is waited for; milliseconds. */
  timeoutMs: number;
}

export interface HttpsRequest extends Asked {
  method: Dispatcher.HttpMethod;
  headers: Headers;
  body?: string | Uint8Array;
  signal: AbortSignal;
}

export interface HttpsAnswer {
  status: number;
  headers: Headers;
  body: Buffer;
}

const CONNECT_MS = 20_000;
const KEEP_ALIVE_MS = 30_000;
/** The slowest line an upload may have: 64 kbit/s. */
const SLOWEST_BYTES_PER_MS = 8;
const MOST_BYTES = 256 * 1024 * 1024;

/** Connections that are kept open, HTTP/1.1: one request at a time on each, so that a lost one concerns one request. */
export class HttpsPool {
  readonly #agent: Agent;
  readonly #timeoutMs: number;
  readonly #neverConnected = new WeakSet<Error>();

  constructor({ ca, connections, timeoutMs }: HttpsPoolOptions) {
    this.#timeoutMs = timeoutMs;
    const connect = buildConnector({
      ...(ca === undefined ? {} : { ca }),
      allowH2: false,
      timeout: Math.min(timeoutMs, CONNECT_MS),
    });
    this.#agent = new Agent({
      connections,
      pipelining: 1,
      allowH2: false,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connect: (options, callback) =>
        connect(options, (...result) => {
          if (result[0] !== null) this.#neverConnected.add(result[0]);
          callback(...result);
        }),
    });
  }

  /**
   * Sends once, follows no redirect, and reads the whole answer.
   *
   * @throws HttpsFailure, Forbidden, or the reason of the signal
   */
  async send(url: string, { method, headers, body, signal, ...asked }: HttpsRequest): Promise<HttpsAnswer> {
    signal.throwIfAborted();
    const stop = new AbortController();
    const onAbort = (): void => stop.abort(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    // The time-outs of the agent do not run while a body is being sent.
    const most = 2 * this.#timeoutMs + byteLength(body) / SLOWEST_BYTES_PER_MS;
    const timer = setTimeout(() => stop.abort(TOO_LONG), most);
    const questions = new Questions(asked);
    try {
      const content = questions.contentOf(body);
      // request(), not fetch(): a third of the CPU for each answer.
      const response = await request(url, {
        method,
        headers: {
          ...(method === 'GET' ? { 'accept-encoding': 'gzip' } : {}),
          ...Object.fromEntries(headers),
          ...(content === undefined || content === body ? {} : { 'content-length': String(byteLength(body)) }),
        },
        ...(content === undefined ? {} : { body: content }),
        signal: stop.signal,
        dispatcher: this.#agent,
      });
      const answered = headersOf(response.headers);
      return {
        status: response.statusCode,
        headers: answered,
        body: await unzipped(await wholeBody(response.body), answered),
      };
    } catch (error) {
      if (questions.forbidden !== null) throw questions.forbidden;
      signal.throwIfAborted();
      throw this.#failure(error);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    }
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  #failure(error: unknown): HttpsFailure {
    if (error === TOO_LONG) return new HttpsFailure('timeout', false, 'no whole answer in time');
    if (error instanceof HttpsFailure) return error;
    const reason = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    if (!(reason instanceof Error)) return new HttpsFailure('lost', false, 'the connection ended');
    const code = codeOf(reason);
    const words = reason.message === '' ? code : reason.message;
    if (!this.#neverConnected.has(reason)) {
      return new HttpsFailure(/TIMEOUT|TIMEDOUT/.test(code) ? 'timeout' : 'lost', false, words);
    }
    return new HttpsFailure(whyNoConnection(code), true, words);
  }
}

const TOO_LONG = new Error('too long');

const UNTRUSTED = /^(CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|ERR_TLS_CERT)/;

function whyNoConnection(code: string): Silence {
  if (UNTRUSTED.test(code)) return 'certificate';
  if (code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS') || code === 'EPROTO') return 'tls';
  return code === 'ENOTFOUND' ? 'no-such-host' : 'unreachable';
}

const codeOf = (error: Error): string => {
  const code: unknown = Reflect.get(error, 'code');
  return typeof code === 'string' ? code : '';
};

function headersOf(given: Readonly<Record<string, string | string[] | undefined>>): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(given)) {
    for (const one of [value ?? []].flat()) headers.append(name, one);
  }
  return headers;
}

const unzip = promisify<Buffer, { maxOutputLength: number }, Buffer>(gunzip);

const unzipped = async (body: Buffer, headers: Headers): Promise<Buffer> =>
  headers.get('content-encoding') === 'gzip' && body.length > 0 ? unzip(body, { maxOutputLength: MOST_BYTES }) : body;

async function wholeBody(body: AsyncIterable<Uint8Array> | null): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw new HttpsFailure('lost', false, 'the answer is endless');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

export const byteLength = (body: string | Uint8Array | undefined): number =>
  body === undefined ? 0 : typeof body === 'string' ? Buffer.byteLength(body) : body.length;
