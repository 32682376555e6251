import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { CertificateFiles } from '../certificates.ts';
import { freePort } from '../process/ports.ts';
import { type ApiFault, FaultQueue } from './faults.ts';

export interface ApiCall {
  method: string;
  url: URL;
  /** Names in lower case. */
  headers: Readonly<Record<string, string>>;
  body: string;
}

export interface ApiReply {
  status: number;
  headers?: Readonly<Record<string, string>>;
  body?: string;
}

/** What a service does with a call. A write is judged first, and made by `commit` when nothing goes wrong on the way. */
export type Handled = ApiReply | { reply: () => ApiReply; commit: () => void };

export interface ApiServerOptions {
  /** HTTPS with it; plain HTTP without. */
  certificate?: CertificateFiles;
}

export interface SeenCall {
  method: string;
  path: string;
  status: number | 'cut';
  /** Whether it changed anything. */
  changed: boolean;
}

export interface ApiServer {
  /** Without a final slash. */
  url: string;
  /** What was asked, oldest first. */
  calls: SeenCall[];
  /** The next call of its kind goes wrong. */
  fail(fault: ApiFault): void;
  /** Run right before the next write is judged: somebody else is quicker. */
  beforeWrite(act: () => void): void;
  stop(): Promise<void>;
}

const HOST = '127.0.0.1';

/** One local HTTP(S) service on a free port of loopback. */
export async function startApiServer(
  handle: (call: ApiCall) => Handled,
  { isWrite, json = true, certificate }: ApiServerOptions & { isWrite: (call: ApiCall) => boolean; json?: boolean },
): Promise<ApiServer> {
  const faults = new FaultQueue();
  const calls: SeenCall[] = [];
  let quicker: (() => void) | null = null;
  const sockets = new Set<Socket>();

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const call = await readCall(request);
    const write = isWrite(call);
    if (write) {
      quicker?.();
      quicker = null;
    }
    const fault = faults.take(write ? 'write' : 'read');
    const { reply, changed } = answer(handle, call, fault);
    const seen = { method: call.method, path: call.url.pathname, changed };
    if (reply === 'cut') {
      calls.push({ ...seen, status: 'cut' });
      request.socket.destroy();
      return;
    }
    calls.push({ ...seen, status: reply.status });
    response.writeHead(reply.status, {
      'content-type': json ? 'application/json' : 'text/xml',
      date: new Date().toUTCString(),
      ...reply.headers,
    });
    response.end(reply.body ?? '');
  };
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    serve(request, response).catch((error: unknown) => {
      response.writeHead(500, { 'content-type': 'text/plain' });
      response.end(`the simulated service failed: ${String(error)}`);
    });
  };
  const server =
    certificate === undefined
      ? createServer(listener)
      : createTlsServer(
          { cert: await readFile(certificate.certFile), key: await readFile(certificate.keyFile) },
          listener,
        );
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('tlsClientError', (_error: Error, socket: Socket) => socket.destroy());
  const port = await freePort([HOST]);
  server.listen({ host: HOST, port });
  await once(server, 'listening');
  return {
    url: `${certificate === undefined ? 'http' : 'https'}://${HOST}:${port}`,
    calls,
    fail: (fault) => faults.add(fault),
    beforeWrite: (act) => {
      quicker = act;
    },
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function answer(
  handle: (call: ApiCall) => Handled,
  call: ApiCall,
  fault: ApiFault | null,
): { reply: ApiReply | 'cut'; changed: boolean } {
  if (fault?.kind === 'status') {
    return { reply: { status: fault.status, headers: fault.headers ?? {}, body: fault.body ?? '' }, changed: false };
  }
  if (fault?.kind === 'cut-before') return { reply: 'cut', changed: false };
  const handled = handle(call);
  if (!('commit' in handled)) return { reply: fault?.kind === 'cut-after' ? 'cut' : handled, changed: false };
  if (fault?.kind !== 'keep-old') handled.commit();
  return { reply: fault?.kind === 'cut-after' ? 'cut' : handled.reply(), changed: fault?.kind !== 'keep-old' };
}

async function readCall(request: IncomingMessage): Promise<ApiCall> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  const headers = Object.entries(request.headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value] as const],
  );
  return {
    method: request.method ?? 'GET',
    url: new URL(request.url ?? '/', `http://${request.headers.host ?? HOST}`),
    headers: Object.fromEntries(headers),
    body: Buffer.concat(chunks).toString(),
  };
}
