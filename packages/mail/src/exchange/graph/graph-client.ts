import { Client, type Context, type Middleware, ResponseType } from '@microsoft/microsoft-graph-client';
import type { Asked } from './asked.ts';
import type { HttpsAnswer, HttpsPool } from './https-pool.ts';

/** One request as it goes over the wire, and what came of it. */
export class GraphExchange {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Sent as it is: the client library takes addresses apart, and puts them together otherwise. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly token: string;
  readonly signal: AbortSignal;
  readonly asked: Asked;
  /** The client library reads an answer by its content type, and makes an error of its own of every error. */
  outcome: { answer: HttpsAnswer } | { error: unknown } | null = null;

  constructor(request: Pick<GraphExchange, 'method' | 'url' | 'headers' | 'body' | 'token' | 'signal' | 'asked'>) {
    this.method = request.method;
    this.url = request.url;
    this.headers = request.headers;
    this.body = request.body;
    this.token = request.token;
    this.signal = request.signal;
    this.asked = request.asked;
  }
}

/**
 * The client library with a chain of our own: its RetryHandler would send a create again after a 504, and undercut a long Retry-After
 * (3.0.7, 2026-11); its RedirectHandler would follow to other hosts.
 */
export class GraphClient {
  readonly #client: Client;

  /** @param origin the only place that gets the token */
  constructor(pool: HttpsPool, origin: string) {
    const transport = new Transport(pool);
    this.#client = Client.initWithMiddleware({
      middleware: [new Authentication(origin, transport), transport],
      baseUrl: `${origin}/`,
    });
  }

  /** @throws HttpsFailure, Forbidden, or the reason of the signal */
  async send(exchange: GraphExchange): Promise<HttpsAnswer> {
    const request = this.#client
      .api('/')
      .responseType(ResponseType.RAW)
      .headers({ ...exchange.headers })
      .middlewareOptions([exchange]);
    try {
      if (exchange.method === 'GET') await request.get();
      else if (exchange.method === 'DELETE') await request.delete();
      else if (exchange.method === 'PATCH') await request.patch(exchange.body);
      else await request.post(exchange.body);
    } catch (error) {
      exchange.outcome ??= { error };
    }
    if (exchange.outcome === null) throw new Error('the chain of the Graph client ended without an answer');
    if ('error' in exchange.outcome) throw exchange.outcome.error;
    return exchange.outcome.answer;
  }
}

class Authentication implements Middleware {
  readonly #origin: string;
  readonly #next: Middleware;

  constructor(origin: string, next: Middleware) {
    this.#origin = origin;
    this.#next = next;
  }

  async execute(context: Context): Promise<void> {
    const { url, token } = exchangeOf(context);
    const headers = new Headers(context.options?.headers);
    headers.delete('authorization');
    if (URL.parse(url)?.origin === this.#origin) headers.set('authorization', `Bearer ${token}`);
    context.options = { ...context.options, headers };
    await this.#next.execute(context);
  }

  setNext(): void {
    // Both are made here, and know each other.
  }
}

class Transport implements Middleware {
  readonly #pool: HttpsPool;

  constructor(pool: HttpsPool) {
    this.#pool = pool;
  }

  async execute(context: Context): Promise<void> {
    const exchange = exchangeOf(context);
    try {
      const answer = await this.#pool.send(exchange.url, {
        method: exchange.method,
        headers: new Headers(context.options?.headers),
        ...(exchange.body === undefined ? {} : { body: exchange.body }),
        signal: exchange.signal,
        ...exchange.asked,
      });
      exchange.outcome = { answer };
      context.response = new Response(null, { status: answer.status, headers: answer.headers });
    } catch (error) {
      exchange.outcome = { error };
      throw error;
    }
  }
}

function exchangeOf({ middlewareControl }: Context): GraphExchange {
  const exchange: unknown = middlewareControl?.getMiddlewareOptions(GraphExchange);
  if (exchange instanceof GraphExchange) return exchange;
  throw new Error('a request without its exchange');
}
