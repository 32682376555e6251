import { randomUUID } from 'node:crypto';
import { type SimAnswer, SimError } from './route.ts';

/** What ends a request: an answer, a reset connection, or nothing ever. */
export type Outcome = 'reset' | 'silence' | SimAnswer;

const JSON_TYPE = 'application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8';

export interface AnsweredRequest {
  headers: Readonly<Record<string, string>>;
  /** Also of errors. */
  now: Date;
  requestId: string;
}

/** Graph's error envelope. */
export function errorBody(code: string, message: string, { headers, now, requestId }: AnsweredRequest): unknown {
  const innerError = {
    date: now.toISOString().slice(0, 19),
    'request-id': requestId,
    'client-request-id': headers['client-request-id'] ?? requestId,
  };
  return { error: { code, message, innerError } };
}

export function errorAnswer(error: SimError, request: AnsweredRequest): SimAnswer {
  return { status: error.status, headers: error.headers, body: errorBody(error.code, error.message, request) };
}

/** The headers that every answer of Graph has. */
export function graphHeaders({ headers, requestId }: AnsweredRequest): Record<string, string> {
  const immutable = /\bIdType\s*=\s*"?ImmutableId"?/i.test(headers.prefer ?? '');
  return {
    'request-id': requestId,
    'client-request-id': headers['client-request-id'] ?? requestId,
    ...(immutable ? { 'preference-applied': 'IdType="ImmutableId"' } : {}),
  };
}

export const newRequestId = (): string => randomUUID();

/** The bytes of a body, and its type where the answer does not say. */
export function encodeBody(body: unknown): { bytes: Buffer; type: string | null } {
  if (body === undefined) return { bytes: Buffer.alloc(0), type: null };
  if (Buffer.isBuffer(body)) return { bytes: body, type: 'application/octet-stream' };
  if (typeof body === 'string') return { bytes: Buffer.from(body), type: 'text/plain' };
  return { bytes: Buffer.from(JSON.stringify(body)), type: JSON_TYPE };
}

/** The code of an answer in Graph's or Entra's form. */
export function codeOf(body: unknown): string | null {
  if (typeof body !== 'object' || body === null || !('error' in body)) return null;
  const { error } = body;
  if (typeof error === 'string') return error;
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : null;
}

export const methodNotAllowed = (allow: string): SimError =>
  new SimError(405, 'Request_BadRequest', 'Specified HTTP method is not allowed for the request target.', { allow });

export const unknownSegment = (segment: string): SimError =>
  new SimError(400, 'BadRequest', `Resource not found for the segment '${segment}'.`);

export const badRequest = (words: string): SimError => new SimError(400, 'BadRequest', words);
