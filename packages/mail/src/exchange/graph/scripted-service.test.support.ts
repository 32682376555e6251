import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type CertificateKind, type Certificates, createCertificates, makeTempDir } from '@mxodus/lab';
import type { Login, RequestGovernor, Wait } from '@mxodus/model';
import type { TokenSource } from '../../auth/token-source.ts';
import { type GraphService, type GraphUse, graphService } from './graph-service.ts';

/** What came in. */
export interface Got {
  method: string;
  /** Path and query, as sent. */
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
}

/** What is answered; 'cut': half an answer, then the end. */
export type Reply =
  | { status: number; headers?: Readonly<Record<string, string>>; body?: unknown }
  | 'reset'
  | 'silence'
  | 'cut';

export interface ScriptedService {
  /** https://localhost:PORT */
  origin: string;
  /** The same server under another name. */
  elsewhere: string;
  ca: string;
  got: Got[];
  /** What came of requests that ended before they were whole. */
  cutOff: Got[];
  /** Answers from now on; the last one again and again. */
  reply(...replies: readonly (Reply | ((got: Got) => Reply))[]): void;
  stop(): Promise<void>;
}

export async function scriptedService(kind: CertificateKind = 'valid'): Promise<ScriptedService> {
  const dir = await makeTempDir('scripted-service');
  const certificates: Certificates = await createCertificates(join(dir.path, 'certificates'));
  const { certFile, keyFile } = certificates.server[kind];
  const [cert, key, ca] = await Promise.all(
    [certFile, keyFile, certificates.caFile].map((file) => readFile(file, 'utf8')),
  );
  const got: Got[] = [];
  const cutOff: Got[] = [];
  let replies: (Reply | ((one: Got) => Reply))[] = [];
  const server = createServer({ cert, key });
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    const { method = '', url = '', headers } = request;
    const gotten = (): Got => ({ method, url, headers, body: Buffer.concat(chunks).toString() });
    request.on('error', () => cutOff.push(gotten()));
    request.on('end', () => {
      const one = gotten();
      got.push(one);
      const next = replies.length > 1 ? replies.shift() : replies[0];
      answer(response, typeof next === 'function' ? next(one) : (next ?? { status: 501 }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = addressOf(server.address());
  return {
    origin: `https://localhost:${port}`,
    elsewhere: `https://127.0.0.1:${port}`,
    ca: ca ?? '',
    got,
    cutOff,
    reply: (...next) => {
      replies = [...next];
      got.length = 0;
      cutOff.length = 0;
    },
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
      await dir.remove();
    },
  };
}

function answer(response: ServerResponse, reply: Reply): void {
  if (reply === 'silence') return;
  if (reply === 'reset') {
    response.destroy();
    return;
  }
  if (reply === 'cut') {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
    response.write('{"half":', () => response.destroy());
    return;
  }
  const { status, headers = {}, body } = reply;
  const text = body === undefined || typeof body === 'string' ? (body ?? '') : JSON.stringify(body);
  const type = typeof body === 'object' ? { 'content-type': 'application/json' } : {};
  response.writeHead(status, { ...type, ...headers }).end(text);
}

function addressOf(address: string | AddressInfo | null): AddressInfo {
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address;
}

/** Graph's envelope of an error. */
export const graphError = (
  status: number,
  code: string,
  more: { message?: string; headers?: Readonly<Record<string, string>> } = {},
): Reply => ({
  status,
  headers: { 'request-id': 'r-1', ...more.headers },
  body: { error: { code, message: more.message ?? `words of ${code}` } },
});

/** Lets everything through at once, and remembers what it was told: time is nobody's business here. */
export interface NotedGovernor extends RequestGovernor {
  requests: { login: Login; bytes: number; requests: number }[];
  pauses: { user: string; ms: number; words: string }[];
  underWay: number;
  reduced: number | null;
}

export function notedGovernor(): NotedGovernor {
  const governor: NotedGovernor = {
    requests: [],
    pauses: [],
    underWay: 0,
    reduced: null,
    request: async (login, bytes, wait, requests = 1) => {
      wait.signal.throwIfAborted();
      governor.requests.push({ login, bytes, requests });
      governor.underWay += 1;
      return () => {
        governor.underWay -= 1;
      };
    },
    pause: ({ user }, ms, words) => {
      governor.pauses.push({ user, ms, words });
    },
    reducedTo: () => governor.reduced,
  };
  return governor;
}

export interface GraphWorld {
  service: GraphService;
  governor: NotedGovernor;
  waits: (Wait | null)[];
  writes: string[];
  use(signal?: AbortSignal): GraphUse;
}

export function graphWorld(
  { origin, ca }: Pick<ScriptedService, 'origin' | 'ca'>,
  { tokens, timeoutMs = 10_000 }: { tokens: TokenSource; timeoutMs?: number },
): GraphWorld {
  const governor = notedGovernor();
  const waits: (Wait | null)[] = [];
  const writes: string[] = [];
  return {
    service: graphService({ server: 'new', graphUrl: origin, tokens, governor, ca, timeoutMs }),
    governor,
    waits,
    writes,
    use: (signal = new AbortController().signal) => ({
      signal,
      onWait: (wait) => void waits.push(wait),
      onWrite: (command) => void writes.push(command),
    }),
  };
}
