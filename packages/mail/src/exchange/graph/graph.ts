/** Microsoft Graph as the rest of this folder uses it. */

export interface GraphRequest {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Below the version, made by `graphPath` (every value percent-encoded), or an absolute `@odata.nextLink` as it was given. */
  path: string;
  version?: 'v1.0' | 'beta';
  /** Sent as JSON, a string as it is. */
  body?: unknown;
  /** Default application/json. */
  contentType?: string;
  headers?: Readonly<Record<string, string>>;
  /**
   * `safe`: doing it twice is as good as once (GET, a PATCH to fixed values), so it is sent again after any failure that may pass.
   * `once`: after a failure that does not say what became of it (504, 502, 503, a lost connection, no answer in time) GraphDoubt is thrown,
   * and the caller looks. Refusals that certainly did nothing (429, 401 once) are waited for and sent again in both.
   */
  repeat: 'safe' | 'once';
  /** The answer is no JSON: `body` is a Buffer of it as it came. */
  asBytes?: boolean;
}

export interface GraphAnswer {
  status: number;
  /** The parsed JSON; the text where it is none; null where there is no body; see also GraphRequest.asBytes. */
  body: unknown;
  headers: Headers;
}

export interface BatchPart {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** As of GraphRequest; never absolute. */
  path: string;
  body?: unknown;
  headers?: Readonly<Record<string, string>>;
}

export type BatchOutcome =
  | { kind: 'answered'; answer: Omit<GraphAnswer, 'headers'> }
  | { kind: 'refused'; error: GraphRefusal };

/** Requests about one mailbox (or, with no user, about the tenant). Every request waits for the governor. */
export interface Graph {
  /** Throws GraphRefusal, GraphDoubt, or MxodusError where the trouble is not the request's (sign-in, unreachable). */
  send(request: GraphRequest): Promise<GraphAnswer>;
  /** The items of a listing, page by page, by `@odata.nextLink`. */
  pages(request: Pick<GraphRequest, 'path' | 'version' | 'headers'>): AsyncGenerator<readonly unknown[]>;
  /**
   * Any number of safe requests by $batch, 20 at a time and below the size limit; parts that were throttled inside are sent again.
   * The outcomes are in the order of the parts.
   */
  batch(parts: readonly BatchPart[]): Promise<BatchOutcome[]>;
  /** To a pre-authenticated address: no Authorization, and the address is in no error text. 'once' as above. */
  sendTo(url: string, request: UploadRequest): Promise<GraphAnswer>;
  /** Closes nothing on the server; what waits is given up by the signal of the account. */
  readonly usable: boolean;
}

export interface UploadRequest {
  method: 'PUT' | 'GET' | 'DELETE';
  body?: Uint8Array;
  headers?: Readonly<Record<string, string>>;
}

/** A definite no. `code` is Graph's own ("ErrorItemNotFound"), '' where the answer had none. */
export class GraphRefusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly requestId: string | null;

  constructor(refusal: { status: number; code: string; message: string; requestId: string | null }) {
    super(refusal.message);
    this.name = 'GraphRefusal';
    this.status = refusal.status;
    this.code = refusal.code;
    this.requestId = refusal.requestId;
  }
}

/** The request was sent, and nothing says what became of it. */
export class GraphDoubt extends Error {
  /** 502, 503, 504; null where the connection ended or no answer came. */
  readonly status: number | null;

  constructor(words: string, status: number | null, options?: { cause?: unknown }) {
    super(words, options);
    this.name = 'GraphDoubt';
    this.status = status;
  }
}

/** A path with each value percent-encoded: graphPath`/users/${user}/mailFolders/${id}`. Ids and addresses may hold "+", "/", "&", "#". */
export function graphPath(parts: TemplateStringsArray, ...values: readonly string[]): string {
  return parts.reduce((path, part, index) => `${path}${encodeURIComponent(values[index - 1] ?? '')}${part}`);
}

/** A query of OData options, each value percent-encoded: the client library leaves "&", "#" and "+" raw (3.0.7, 2026-11). */
export function graphQuery(options: Readonly<Record<string, string | number | undefined>>): string {
  const given = Object.entries(options).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${encodeURIComponent(String(value))}`],
  );
  return given.length === 0 ? '' : `?${given.join('&')}`;
}

/** A string literal of OData. */
export const odataText = (text: string): string => `'${text.replaceAll("'", "''")}'`;
