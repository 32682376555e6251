/** How a request reaches the parts of the simulated Microsoft 365, and what they answer. */

export interface SimRequest {
  method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  version: 'v1.0' | 'beta';
  /** Below the version, decoded, without the query: ['users', 'ann@example.com', 'mailFolders', 'inbox']. */
  segments: readonly string[];
  /** Decoded once, as a web server does: an unencoded "+" is a space, an unencoded "&" ends the value. */
  query: URLSearchParams;
  headers: Readonly<Record<string, string>>;
  /** The body's bytes, as they came. */
  body: Buffer;
  /** The roles of the access token. */
  roles: readonly string[];
  /** Where pre-authenticated addresses are made (https://127.0.0.1:PORT), and the API itself (https://localhost:PORT). */
  preauthenticatedOrigin: string;
  origin: string;
}

export interface SimAnswer {
  status: number;
  headers?: Readonly<Record<string, string>>;
  /** Sent as JSON; a string or Buffer as it is; left out: no body. */
  body?: unknown;
}

/** One part of the service. null: the path is not its business. */
export type SimRoute = (request: SimRequest) => SimAnswer | null;

/** The same where something is parsed first (MIME); what it then changes is done in one go. Whoever calls routes awaits them. */
export type SimAsyncRoute = (request: SimRequest) => SimAnswer | null | Promise<SimAnswer | null>;

/** An error in Graph's envelope. */
export class SimError extends Error {
  readonly status: number;
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}
