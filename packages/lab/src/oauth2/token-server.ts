import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An OAuth2 sign-in service on loopback: gives access tokens, and tells a mail server who they belong to. */
export interface TokenServer {
  /** Where tokens are asked for: any path that ends in `token` takes a POST. */
  tokenUrl: string;
  /** For DovecotOptions.introspection. */
  introspection: string;
  /** The address of both, to put in place of a real service's. */
  origin: string;
  /** The form of each request for a token so far. */
  readonly requests: readonly Readonly<Record<string, string>>[];
  /** How often a mail server asked about a token. */
  readonly introspections: number;
  /** An access token outside any grant. */
  issue(user: string): string;
  /** No token given so far is good any more. */
  revokeAll(): void;
  /** Lifetime of the tokens given from now on, seconds. */
  setLifetime(seconds: number): void;
  /** Answers the next requests for a token with this instead, until null. */
  answerWith(answer: FixedAnswer | null): void;
  stop(): Promise<void>;
}

export interface FixedAnswer {
  status: number;
  headers?: Readonly<Record<string, string>>;
  body: string;
}

export interface TokenServerOptions {
  /** Whose token a request gets; null: 400 invalid_grant. */
  userOf(form: Readonly<Record<string, string>>): string | null;
  /** Gives a new refresh token with each access token. */
  rotate?: boolean;
}

export async function startTokenServer({ userOf, rotate = false }: TokenServerOptions): Promise<TokenServer> {
  const tokens = new Map<string, { user: string; until: number }>();
  const requests: Record<string, string>[] = [];
  let lifetime = 3600;
  let given = 0;
  let introspections = 0;
  let fixed: FixedAnswer | null = null;

  const issue = (user: string): string => {
    given += 1;
    const token = `access-${given}-${Math.random().toString(36).slice(2)}`;
    tokens.set(token, { user, until: Date.now() + lifetime * 1000 });
    return token;
  };
  const grant = (form: Record<string, string>): FixedAnswer => {
    requests.push(form);
    if (fixed !== null) return fixed;
    const user = userOf(form);
    if (user === null) return json(400, { error: 'invalid_grant', error_description: 'Token has been revoked.' });
    const renewed = rotate ? { refresh_token: `refresh-${given + 1}-${user}` } : {};
    return json(200, { access_token: issue(user), expires_in: lifetime, token_type: 'Bearer', ...renewed });
  };
  const introspect = (token: string): FixedAnswer => {
    introspections += 1;
    const known = tokens.get(token);
    const active = known !== undefined && Date.now() < known.until;
    return json(200, active ? { active: 'true', username: known.user } : { active: 'false' });
  };

  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const answer =
      request.method === 'POST' && url.pathname.endsWith('token')
        ? grant(Object.fromEntries(new URLSearchParams(await textOf(request))))
        : introspect(url.searchParams.get('token') ?? '');
    response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers }).end(answer.body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    tokenUrl: `${origin}/token`,
    introspection: `${origin}/introspect?token=`,
    requests,
    get introspections() {
      return introspections;
    },
    issue,
    revokeAll: () => tokens.clear(),
    setLifetime: (seconds) => {
      lifetime = seconds;
    },
    answerWith: (answer) => {
      fixed = answer;
    },
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const json = (status: number, body: unknown): FixedAnswer => ({ status, body: JSON.stringify(body) });

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
