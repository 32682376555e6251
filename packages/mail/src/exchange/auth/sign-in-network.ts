import type { INetworkModule, NetworkRequestOptions, NetworkResponse } from '@azure/msal-node';
import { fieldOf, textOf } from '../graph/answers.ts';
import { HttpsFailure, type HttpsPool } from '../graph/https-pool.ts';

/** What the sign-in service answered last, where that was no success. */
export interface SignInAnswer {
  status: number;
  headers: Headers;
  /** OAuth2's `error` (RFC 6749 5.2); '' where there is none. */
  error: string;
  description: string;
}

/** The fields of a token request that are secret. */
const SECRET_FIELDS = ['client_secret', 'client_assertion'] as const;

/**
 * msal's requests over our pool, sent once each. msal keeps little of what went wrong, so that is kept here; one of these serves one
 * sign-in.
 */
export class SignInNetwork implements INetworkModule {
  readonly #pool: HttpsPool;
  readonly #signal = new AbortController().signal;
  failure: HttpsFailure | null = null;
  refusal: SignInAnswer | null = null;
  /** What was sent and must not be seen. */
  readonly secrets: string[] = [];

  constructor(pool: HttpsPool) {
    this.#pool = pool;
  }

  sendGetRequestAsync<T>(url: string, options?: NetworkRequestOptions): Promise<NetworkResponse<T>> {
    return this.#send<T>('GET', url, options);
  }

  sendPostRequestAsync<T>(url: string, options?: NetworkRequestOptions): Promise<NetworkResponse<T>> {
    const form = new URLSearchParams(options?.body);
    this.secrets.push(...SECRET_FIELDS.flatMap((name) => form.get(name) ?? []));
    return this.#send<T>('POST', url, options);
  }

  async #send<T>(
    method: 'GET' | 'POST',
    url: string,
    options: NetworkRequestOptions = {},
  ): Promise<NetworkResponse<T>> {
    const headers = new Headers(options.headers);
    const content = method === 'POST' ? { body: options.body ?? '' } : {};
    try {
      const answer = await this.#pool.send(url, { method, headers, ...content, signal: this.#signal });
      const { status } = answer;
      const body = parsed<T>(answer.body.toString());
      if (status >= 300 || body === null) {
        const [error, description] = [textOf(fieldOf(body, 'error')), textOf(fieldOf(body, 'error_description'))];
        this.refusal = { status, headers: answer.headers, error, description };
      }
      if (body === null) throw new Error('no JSON');
      return { headers: Object.fromEntries(answer.headers), body, status };
    } catch (error) {
      if (error instanceof HttpsFailure) this.failure = error;
      throw error;
    }
  }
}

/** msal checks what it needs of it. null: no JSON. */
function parsed<T>(text: string): T | null {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
