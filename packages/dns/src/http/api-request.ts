import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { MxodusError } from '@mxodus/model';
import { Agent, request as send } from 'undici';
import type { z } from 'zod';
import { plainWords } from './plain-words.ts';
import { retryAfterMs } from './retry-after.ts';

export interface ApiRequest {
  url: string;
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Names in lower case. They may hold secrets, and get into no error. */
  headers: Readonly<Record<string, string>>;
  body?: string;
  /** PEM file of the authority to trust instead of the system ones. */
  ca?: string | undefined;
  /** How long one answer is waited for; milliseconds. */
  timeoutMs: number;
  signal: AbortSignal;
  /** What is asked, in words: "the records of example.com at Cloudflare". */
  about: string;
  /** Answers that mean "later", beside 429. */
  isBusy?: (answer: ApiAnswer) => boolean;
}

export interface ApiAnswer {
  status: number;
  /** Names in lower case. */
  headers: Readonly<Record<string, string>>;
  text: string;
}

const ATTEMPTS = 4;
const LONGEST_PAUSE_MS = 20_000;
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

/**
 * One HTTP request, with whatever status is answered. A read (GET) that is put off (429, or 503 with Retry-After) is asked again after
 * the pause the server wants, as far as that is bearable; anything else is sent once. Redirects are not followed: secrets go to the
 * address of the config and nowhere else. Each has its own connection, so that no write is lost to one that was just closed.
 *
 * @throws DNS_UNREACHABLE no answer, or none that ends: after a write it is in doubt · CONFIG_INVALID the `ca` file cannot be read ·
 * the reason of `signal`
 */
export async function apiRequest(request: ApiRequest): Promise<ApiAnswer> {
  for (let attempt = 1; ; attempt++) {
    const answer = await sendOnce(request);
    const wait = pauseMs(answer, attempt, request.isBusy);
    if (request.method !== 'GET' || wait === null || wait > LONGEST_PAUSE_MS || attempt === ATTEMPTS) return answer;
    await pause(wait, undefined, { signal: request.signal });
  }
}

function pauseMs(answer: ApiAnswer, attempt: number, isBusy: ApiRequest['isBusy']): number | null {
  const { status, headers } = answer;
  const asked = retryAfterMs(headers, Date.now());
  if (status === 429 || isBusy?.(answer) === true) return asked ?? 1000 * 2 ** (attempt - 1);
  return status === 503 ? asked : null;
}

async function sendOnce({ url, method, headers, body, ca, timeoutMs, signal, about }: ApiRequest): Promise<ApiAnswer> {
  signal.throwIfAborted();
  const timeout = AbortSignal.timeout(timeoutMs);
  const agent = new Agent({
    pipelining: 0,
    connect: { timeout: timeoutMs, ...(ca === undefined ? {} : { ca: await readAuthority(ca) }) },
  });
  try {
    const answer = await send(url, {
      method,
      headers: { ...headers },
      dispatcher: agent,
      signal: AbortSignal.any([signal, timeout]),
      ...(body === undefined ? {} : { body }),
    });
    const text = await readText(answer.body);
    return { status: answer.statusCode, headers: flat(answer.headers), text };
  } catch (error) {
    signal.throwIfAborted();
    // The error itself is not kept: it may hold what was sent.
    throw new MxodusError('DNS_UNREACHABLE', {
      what: `no answer from ${URL.parse(url)?.host ?? 'the API'} about ${about}`,
      why: timeout.aborted ? `none came within ${timeoutMs / 1000} s` : whyNoAnswer(error),
      advice:
        'check the address in `dns.url`, the firewall and `dns.ca`; then run the same command: it looks at the live records first',
    });
  } finally {
    await agent.destroy();
  }
}

async function readText(body: AsyncIterable<unknown>): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of body) {
    if (chunk instanceof Uint8Array) text += decoder.decode(chunk, { stream: true });
    if (text.length > MAX_ANSWER_BYTES) throw new Error('the answer is endless');
  }
  return text + decoder.decode();
}

function flat(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const pairs = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name.toLowerCase(), Array.isArray(value) ? value.join(', ') : value] as const],
  );
  return Object.fromEntries(pairs);
}

/** Node's words for several failed addresses are empty; each address has its own. */
function whyNoAnswer(error: unknown): string {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  return plainWords(first instanceof Error ? first.message : String(first), []);
}

async function readAuthority(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new MxodusError('CONFIG_INVALID', {
      what: `the authority "${file}" cannot be read`,
      why: cause instanceof Error ? cause.message : String(cause),
      advice: 'name a PEM file as `ca`, or leave it out to trust the authorities of the system',
      cause,
    });
  }
}

/**
 * The JSON of an answer, in the shape expected.
 *
 * @throws DNS_ANSWER it is no JSON, or of another shape; says where, and quotes nothing of it
 */
export function parseAnswer<T extends z.ZodType>(schema: T, { status, text }: ApiAnswer, about: string): z.output<T> {
  const json = parseJson(text);
  const parsed = json === undefined ? null : schema.safeParse(json);
  if (parsed?.success === true) return parsed.data;
  const issue = parsed?.error.issues[0];
  throw new MxodusError('DNS_ANSWER', {
    what: `the answer about ${about} is not what was expected (HTTP ${status})`,
    why:
      issue === undefined
        ? 'it is not JSON: the address may be that of something else'
        : `${issue.path.join('.') || 'it'}: ${issue.message}`,
    advice: 'check `dns.url`; then run the same command: it looks at the live records first',
  });
}

/** undefined: no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
