import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { MxodusError } from '@mxodus/model';

export interface Address {
  host: string;
  /** 0: any free one. */
  port: number;
}

export interface EndpointPorts {
  /** Why the worker cannot take jobs; null: it can. */
  notReady(): string | null;
  metrics(): Promise<{ body: string; type: string }>;
  onError(error: unknown): void;
}

export interface Endpoints {
  /** `host:port`, with the port it got. */
  readonly address: string;
  close(): Promise<void>;
}

interface Answer {
  status: number;
  body: string;
  type: string;
}

/**
 *   GET /healthz   200: the process lives
 *   GET /readyz    200: it can take jobs; 503 with the reason
 *   GET /metrics   for Prometheus
 *
 * Throws USAGE when the address cannot be listened at.
 */
export async function serveEndpoints({ host, port }: Address, ports: EndpointPorts): Promise<Endpoints> {
  const server = createServer((request, response) => {
    answer(request, ports).then(
      (found) => write(response, found),
      (error: unknown) => {
        ports.onError(error);
        write(response, text(500, 'a bug in mxodus; see the log'));
      },
    );
  });
  const bound = await listening(server, { host, port });
  return {
    address: bound,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer({ method, url = '/' }: IncomingMessage, ports: EndpointPorts): Promise<Answer> {
  if (method !== 'GET' && method !== 'HEAD') return text(405, 'only GET');
  switch (url.split('?')[0]) {
    case '/healthz':
      return text(200, 'alive');
    case '/readyz': {
      const reason = ports.notReady();
      return reason === null ? text(200, 'ready') : text(503, `not ready: ${reason}`);
    }
    case '/metrics': {
      const { body, type } = await ports.metrics();
      return { status: 200, body, type };
    }
    default:
      return text(404, 'there are /healthz, /readyz and /metrics');
  }
}

const text = (status: number, words: string): Answer => ({
  status,
  body: `${words}\n`,
  type: 'text/plain; charset=utf-8',
});

function write(response: ServerResponse, { status, body, type }: Answer): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
  response.end(body);
}

async function listening(server: Server, { host, port }: Address): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen({ host, port }, resolve);
  try {
    await promise;
  } catch (error) {
    throw new MxodusError('USAGE', {
      what: `the worker cannot listen at ${host}:${port}`,
      why: whyNot(error),
      advice: 'name another address with --listen HOST:PORT; port 0 is any free one',
      cause: error,
    });
  }
  const bound = server.address();
  const got = bound !== null && typeof bound === 'object' ? bound.port : port;
  return `${host.includes(':') ? `[${host}]` : host}:${got}`;
}

function whyNot(error: unknown): string {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  switch (code) {
    case 'EADDRINUSE':
      return 'something else listens there, perhaps another worker';
    case 'EACCES':
      return 'this user may not listen at that port';
    case 'EADDRNOTAVAIL':
      return 'this machine has no such address';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}
