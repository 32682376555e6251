import { type ErrorCode, type ErrorDetails, MxodusError, type SlowDown } from '@mxodus/model';
import { hidden } from './hide-secrets.ts';
import type { GrantedToken } from './token-source.ts';

export interface TokenRequest {
  /** The token endpoint (RFC 6749 3.2): https, or loopback. */
  url: string;
  /** Form fields; every one that is a secret is named in `secrets`. */
  fields: Readonly<Record<string, string>>;
  secrets: readonly string[];
  /** What a pause holds for: `host` where all users share the token. */
  scope: SlowDown['scope'];
}

export interface TokenAnswer extends GrantedToken {
  /** RFC 6749 6: takes the place of the refresh token that was sent. */
  refreshToken: string | null;
}

const TIMEOUT_MS = 30_000;
const MAX_ANSWER_BYTES = 256 * 1024;
/** RFC 6749 5.1 only recommends `expires_in`. */
const UNSTATED_LIFETIME_MS = 10 * 60_000;

/**
 * Asks a token endpoint once. Nothing it says but `error` and `error_description` gets into an error, and no secret does.
 *
 * @throws AUTH_FAILED refused · SERVER_BUSY 429 and 5xx, with the pause asked for · SERVER_UNREACHABLE · SERVER_ANSWER
 */
export async function requestToken(request: TokenRequest): Promise<TokenAnswer> {
  const { url, fields, secrets } = request;
  const where = hostOf(url);
  const fail = (code: ErrorCode, details: Omit<ErrorDetails, 'where'>): MxodusError =>
    new MxodusError(code, { ...details, where });
  let status: number;
  let retryAfter: string | null;
  let answer: Answer;
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { accept: 'application/json' },
      body: new URLSearchParams(fields),
      // Secrets go to the address of the config and nowhere else.
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    status = response.status;
    retryAfter = response.headers.get('retry-after');
    answer = await readAnswer(response);
  } catch (error) {
    throw fail('SERVER_UNREACHABLE', {
      what: `no answer from the token endpoint: ${whyNoAnswer(error)}`,
      why: 'the name does not resolve, its certificate is not trusted, or a firewall is in the way',
      advice: 'check the address of the token endpoint in the config, and that this machine may reach it',
    });
  }
  const said = hidden([answer.error, answer.description].filter((text) => text !== '').join(': '), secrets);
  if (status === 429 || status >= 500 || /^(temporarily_unavailable|server_error)$/.test(answer.error)) {
    const words = `HTTP ${status}${said === '' ? '' : ` ${said}`}`;
    throw fail('SERVER_BUSY', {
      what: `the token endpoint would not answer yet: ${words}`,
      why: 'it is busy, or was asked too often',
      advice: 'the same command later; what is done is kept',
      hint: { scope: request.scope, kind: 'pause', pauseMs: pauseOf(retryAfter), words },
    });
  }
  if (status >= 400 && answer.error !== '') {
    throw fail('AUTH_FAILED', {
      what: `no access token: the token endpoint refused: ${said}`,
      why: 'the secret, the refresh token or the key is wrong, expired or revoked, or the app lacks the permission',
      advice: 'check `auth` of the server with who runs the sign-in service; nothing was changed',
    });
  }
  if (status !== 200 || answer.token === '') {
    throw fail('SERVER_ANSWER', {
      what: `the token endpoint answered with HTTP ${status} and ${status === 200 ? 'no usable token' : 'no OAuth2 error'}`,
      why: 'the address is not that of a token endpoint, or it speaks no OAuth2',
      advice: 'check the address of the token endpoint in the config',
    });
  }
  return { token: answer.token, lifetimeMs: answer.lifetimeMs, refreshToken: answer.refreshToken };
}

interface Answer {
  token: string;
  lifetimeMs: number;
  refreshToken: string | null;
  error: string;
  description: string;
}

async function readAnswer(response: Response): Promise<Answer> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > MAX_ANSWER_BYTES) throw new Error('the answer is endless');
  }
  const value = parsed(text);
  const field = (name: string): string => {
    const found: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
    return typeof found === 'string' || typeof found === 'number' ? String(found) : '';
  };
  const seconds = Number(field('expires_in'));
  const token = field('access_token');
  return {
    // RFC 6750 2.1; a token that is none must not get onto the line of a sign-in.
    token: /^[\x21-\x7e]+$/.test(token) ? token : '',
    lifetimeMs: seconds > 0 ? seconds * 1000 : UNSTATED_LIFETIME_MS,
    refreshToken: field('refresh_token') || null,
    error: oneLine(field('error')),
    description: oneLine(field('error_description')),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** What a stranger wrote, fit for a terminal. */
const oneLine = (text: string): string =>
  text
    .replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
    .slice(0, 400)
    .trim();

/** RFC 9110 10.2.3: seconds, or a date. */
function pauseOf(retryAfter: string | null): number | null {
  if (retryAfter === null) return null;
  const seconds = Number(retryAfter);
  const pause = Number.isNaN(seconds) ? Date.parse(retryAfter) - Date.now() : seconds * 1000;
  return Number.isNaN(pause) ? null : Math.max(0, pause);
}

/** fetch() hides the reason in `cause`. */
function whyNoAnswer(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error && error.cause.message !== '' ? error.cause.message : error.message;
}

const hostOf = (url: string): string => URL.parse(url)?.host ?? 'the token endpoint';
