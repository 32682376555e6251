import { hidden } from '../../auth/hide-secrets.ts';
import { type GraphAnswer, GraphRefusal } from './graph.ts';
import type { HttpsAnswer } from './https-pool.ts';

/** What Graph answers, and what that means for the request. */

const MOST_WORDS = 400;

/** The body as JSON, as text where it is none, null where there is none. */
export function readAnswer({ status, headers, body }: HttpsAnswer, asBytes = false): GraphAnswer {
  if (asBytes && status < 400) return { status, headers, body };
  if (body.length === 0) return { status, headers, body: null };
  const type = headers.get('content-type') ?? '';
  const text = body.toString();
  return { status, headers, body: type === '' || /json/i.test(type) ? parsed(text) : text };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}

/** @param secrets are not in its text, whatever the server says */
export function refusalOf(
  answer: Omit<GraphAnswer, 'headers'>,
  headers: Headers | null,
  secrets: readonly string[],
): GraphRefusal {
  const error = fieldOf(answer.body, 'error');
  // Graph writes both.
  const inner = fieldOf(error, 'innerError') ?? fieldOf(error, 'innererror');
  const said = textOf(fieldOf(error, 'message'));
  return new GraphRefusal({
    status: answer.status,
    code: shown(textOf(fieldOf(error, 'code')), secrets),
    message: shown(said === '' ? `HTTP ${answer.status}` : said, secrets),
    requestId: headers?.get('request-id') ?? (shown(textOf(fieldOf(inner, 'request-id')), secrets) || null),
  });
}

/** "HTTP 429 ApplicationThrottled: Application is over its MailboxConcurrency limit." */
export function wordsOf({ status, code, message }: GraphRefusal): string {
  const said = message === `HTTP ${status}` ? '' : message;
  return [`HTTP ${status}`, code === '' ? said : said === '' ? code : `${code}: ${said}`]
    .filter((part) => part !== '')
    .join(' ');
}

/**
 * What a request may do next.
 *
 *   verdict    answers                                               what became of the request
 *   answered   2xx, 3xx                                              done
 *   token      401                                                   nothing
 *   throttled  429                                                   nothing
 *   passing    408, 502, 503, 504, and 500 with no code or one of    not known
 *              those below; 424 of a part of a batch                 nothing
 *   refused    all others                                            nothing
 */
export type Verdict = 'answered' | 'token' | 'throttled' | 'passing' | 'refused';

const PASSING = new Set([408, 424, 502, 503, 504]);

/** Codes of a 500 that may pass (facts of Exchange's errors, 2026-11); others of that status are for good. */
const PASSING_CODES = new Set([
  '',
  'ErrorInternalServerError',
  'ErrorInternalServerTransientError',
  'ErrorMailboxMoveInProgress',
  'ErrorMailboxStoreUnavailable',
  'ErrorServerBusy',
  'ErrorTimeoutExpired',
  'InternalServerError',
  'UnknownError',
  'generalException',
]);

export function verdictOf(status: number, code: string): Verdict {
  if (status < 400) return 'answered';
  if (status === 401) return 'token';
  if (status === 429) return 'throttled';
  if (PASSING.has(status)) return 'passing';
  return status === 500 && PASSING_CODES.has(code) ? 'passing' : 'refused';
}

export const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;

export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** The beginning of a JSON object in base64: a token, whole or in part. */
const TOKEN = /eyJ[\w-]{10,}[\w.-]*/g;

/** What a stranger wrote, fit for a terminal: without the secrets, as they are or percent-encoded, and on one line. */
export function shown(text: string, secrets: readonly string[]): string {
  const forms = secrets.flatMap((secret) => [secret, encodeURIComponent(secret)]);
  return hidden(text, forms)
    .replace(TOKEN, '***')
    .replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
    .slice(0, MOST_WORDS)
    .trim();
}
