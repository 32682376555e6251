import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Socket } from 'node:net';
import type { CertificateFiles } from '../certificates.ts';
import { freePort } from '../process/ports.ts';
import { encodeBody, type Outcome } from './answers.ts';
import type { Incoming } from './service.ts';

const HOST = '127.0.0.1';
const ATTEMPTS = 20;

export interface HttpsServer {
  port: number;
  stop(): Promise<void>;
}

export interface HttpsServerOptions {
  certificate: CertificateFiles;
  handle(incoming: Incoming): Promise<Outcome>;
  /** A mistake of the simulator itself. */
  onError(error: unknown): void;
}

/** HTTPS on a free port of loopback, for both host names. */
export async function startHttpsServer({ certificate, handle, onError }: HttpsServerOptions): Promise<HttpsServer> {
  const [cert, key] = await Promise.all([readFile(certificate.certFile), readFile(certificate.keyFile)]);
  const server = createServer({ cert, key, keepAliveTimeout: 120_000 }, (request, response) => {
    serve(request, response, handle).catch((error: unknown) => {
      // A client that goes away in the middle of its request is nobody's mistake.
      if (request.complete) onError(error);
      request.socket.destroy();
    });
  });
  // A client that does not trust the certificate, or goes away in the middle.
  server.on('tlsClientError', (_, socket) => socket.destroy());
  server.on('clientError', (_, socket) => socket.destroy());
  // Those that speak no HTTP yet, or no more, are not in closeAllConnections().
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const port = await listen(server);
  return {
    port,
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

async function listen(server: Server): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort([HOST]);
    try {
      server.listen({ host: HOST, port, exclusive: true });
      await once(server, 'listening');
      return port;
    } catch (error) {
      const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
      if (!isTaken || attempt === ATTEMPTS) throw error;
    }
  }
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  handle: (incoming: Incoming) => Promise<Outcome>,
): Promise<void> {
  const { method = 'GET', url = '/' } = request;
  const closed = new Promise<void>((resolve) => {
    response.once('close', () => resolve());
  });
  const name = request.headers.host?.split(':')[0]?.toLowerCase();
  const outcome = await handle({
    host: name === HOST ? 'preauthenticated' : 'api',
    method,
    url,
    headers: headersOf(request),
    inBatch: false,
    readBody: (limit) => readBody(request, limit),
    closed,
  });
  if (typeof outcome === 'string') {
    request.socket.destroy();
    return;
  }
  // What was not read cannot stay in front of the next request of this connection.
  request.resume();
  const { bytes, type } = encodeBody(outcome.body);
  response.writeHead(outcome.status, {
    ...(type === null ? {} : { 'content-type': type }),
    ...(outcome.status === 204 ? {} : { 'content-length': String(bytes.length) }),
    ...outcome.headers,
  });
  response.end(bytes);
}

function headersOf({ headers }: IncomingMessage): Record<string, string> {
  const pairs = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value] as const],
  );
  return Object.fromEntries(pairs);
}

async function readBody(request: IncomingMessage, limit: number): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    const read: Buffer = chunk;
    bytes += read.length;
    // The rest is read, so that the client gets the answer and no broken pipe, but not kept.
    if (bytes <= limit) chunks.push(read);
  }
  return bytes <= limit ? Buffer.concat(chunks) : null;
}
