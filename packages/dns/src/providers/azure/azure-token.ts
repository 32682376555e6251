import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import {
  ConfidentialClientApplication,
  type INetworkModule,
  LogLevel,
  type NetworkRequestOptions,
  type NetworkResponse,
} from '@azure/msal-node';
import { MxodusError } from '@mxodus/model';
import { z } from 'zod';
import { type ApiAnswer, apiRequest, parseJson } from '../../http/api-request.ts';
import { apiTrouble } from '../../http/api-trouble.ts';

export interface AzureSignIn {
  tenant: string;
  client_id: string;
  /** `certificate`: a PEM file; `key`: PEM text. */
  credential: { secret: string } | { certificate: string; key: string };
  /** https://login.microsoftonline.com */
  authority: string;
  /** What the token is for: https://management.azure.com */
  resource: string;
  /** PEM file. */
  ca?: string | undefined;
  timeoutMs: number;
}

/** Hosts msal knows; of any other one it would ask login.microsoftonline.com first. */
const MICROSOFT =
  /(^|\.)(microsoftonline\.(com|us|cn)|microsoft\.com|windows\.net|chinacloudapi\.cn|usgovcloudapi\.net|sovcloud-identity\.[a-z]+)$/;
const PERMISSION =
  'check `dns.tenant`, `dns.client_id` and `dns.credential`: Microsoft Entra admin center > App registrations > the app > Certificates & secrets';
const refusalSchema = z.object({ error: z.string(), error_description: z.string().default('') });

/**
 * Microsoft's app-only sign-in (client credentials) by msal, which keeps a token until shortly before its end.
 *
 * @throws DNS_REFUSED with Microsoft's words · DNS_UNREACHABLE · DNS_ANSWER · CONFIG_INVALID
 */
export class AzureToken {
  readonly #signIn: AzureSignIn;
  #app: Promise<{ app: ConfidentialClientApplication; network: SignInNetwork }> | null = null;

  constructor(signIn: AzureSignIn) {
    this.#signIn = signIn;
  }

  /** `anew`: the one that was given before was not taken. */
  async token(signal: AbortSignal, { anew = false } = {}): Promise<string> {
    this.#app ??= open(this.#signIn);
    const { app, network } = await this.#app;
    const about = `the sign-in of the app ${this.#signIn.client_id} in tenant ${this.#signIn.tenant}`;
    network.begin(signal, about);
    try {
      const scopes = [`${this.#signIn.resource.replace(/\/+$/, '')}/.default`];
      const result = await app.acquireTokenByClientCredential({ scopes, skipCache: anew });
      // RFC 6750 section 2.1; a token that is none must not get into a header.
      if (result !== null && /^[\x21-\x7e]+$/.test(result.accessToken)) return result.accessToken;
    } catch (error) {
      // msal's own error is not kept: it may hold what was sent.
      signal.throwIfAborted();
      throw network.trouble ?? noToken(about, msalCode(error));
    }
    throw noToken(about, 'no usable token');
  }
}

async function open(signIn: AzureSignIn): Promise<{ app: ConfidentialClientApplication; network: SignInNetwork }> {
  const authority = new URL(signIn.authority);
  const network = new SignInNetwork(signIn);
  const app = new ConfidentialClientApplication({
    auth: {
      clientId: signIn.client_id,
      authority: `${signIn.authority.replace(/\/+$/, '')}/${encodeURIComponent(signIn.tenant)}`,
      knownAuthorities: MICROSOFT.test(authority.hostname) ? [] : [authority.host],
      ...(await proofOf(signIn.credential)),
    },
    system: {
      networkClient: network,
      disableInternalRetries: true,
      loggerOptions: { loggerCallback: () => undefined, logLevel: LogLevel.Error, piiLoggingEnabled: false },
    },
  });
  return { app, network };
}

/** msal's requests, sent once each. It keeps little of what went wrong, so that is kept here. */
class SignInNetwork implements INetworkModule {
  readonly #signIn: AzureSignIn;
  #asked: { signal: AbortSignal; about: string } | null = null;
  trouble: unknown = null;

  constructor(signIn: AzureSignIn) {
    this.#signIn = signIn;
  }

  begin(signal: AbortSignal, about: string): void {
    this.#asked = { signal, about };
    this.trouble = null;
  }

  sendGetRequestAsync<T>(url: string, options?: NetworkRequestOptions): Promise<NetworkResponse<T>> {
    return this.#send<T>('GET', url, options);
  }

  sendPostRequestAsync<T>(url: string, options?: NetworkRequestOptions): Promise<NetworkResponse<T>> {
    return this.#send<T>('POST', url, options);
  }

  async #send<T>(
    method: 'GET' | 'POST',
    url: string,
    options: NetworkRequestOptions = {},
  ): Promise<NetworkResponse<T>> {
    const { signal, about } = this.#asked ?? { signal: new AbortController().signal, about: 'the sign-in' };
    const form = new URLSearchParams(options.body);
    const secrets = ['client_secret', 'client_assertion'].flatMap((name) => form.get(name) ?? []);
    try {
      const answer = await apiRequest({
        method,
        url,
        headers: options.headers ?? {},
        ...(method === 'POST' ? { body: options.body ?? '' } : {}),
        ca: this.#signIn.ca,
        timeoutMs: this.#signIn.timeoutMs,
        signal,
        about,
      });
      const body = parsed<T>(answer.text);
      if (answer.status >= 300 || body === null) throw refusal(answer, { about, secrets });
      return { headers: { ...answer.headers }, body, status: answer.status };
    } catch (error) {
      this.trouble = error;
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

function refusal(answer: ApiAnswer, { about, secrets }: { about: string; secrets: string[] }): MxodusError {
  const { error, error_description: description } = refusalSchema.safeParse(parseJson(answer.text)).data ?? {
    error: '',
    error_description: '',
  };
  // A refusal of OAuth2 has the status 400 or 401 (RFC 6749 section 5.2).
  const status = error !== '' && answer.status < 429 ? 401 : answer.status;
  return apiTrouble(
    { ...answer, status },
    { about, words: `${error} ${description}`, secrets, permission: PERMISSION },
  );
}

async function proofOf(credential: AzureSignIn['credential']) {
  if ('secret' in credential) return { clientSecret: credential.secret };
  const pem = await readFile(credential.certificate, 'utf8').catch((cause: unknown) => {
    throw badCredential('the certificate cannot be read', cause instanceof Error ? cause.message : String(cause));
  });
  const certificate = attempt(() => new X509Certificate(pem), 'the certificate is not PEM ("BEGIN CERTIFICATE")');
  // The reason may quote the key.
  const key = attempt(
    () => createPrivateKey(credential.key),
    'the key is not a private key in PEM, without a passphrase',
  );
  checkPair(certificate, key);
  return {
    clientCertificate: {
      thumbprintSha256: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
      privateKey: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
      // The file may hold the key too.
      x5c: (pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).join('\n'),
    },
  };
}

function checkPair(certificate: X509Certificate, key: KeyObject): void {
  if (key.asymmetricKeyType !== 'rsa') throw badCredential('the key is not RSA', 'assertions are signed with RSA');
  if (!certificate.publicKey.equals(createPublicKey(key))) {
    throw badCredential('the key is not that of the certificate', 'they are two halves of different pairs');
  }
}

function attempt<T>(act: () => T, what: string): T {
  try {
    return act();
  } catch {
    throw badCredential(what, 'it cannot be parsed');
  }
}

const badCredential = (what: string, why: string): MxodusError =>
  new MxodusError('CONFIG_INVALID', {
    what: `\`dns.credential\`: ${what}`,
    why,
    advice: 'name the certificate that was uploaded to the app registration, and its key',
  });

const noToken = (about: string, why: string): MxodusError =>
  new MxodusError('DNS_ANSWER', {
    what: `${about}: the sign-in service gave no token`,
    why,
    advice: 'check `dns.authority` and `dns.tenant`; nothing was changed',
  });

const codeSchema = z.object({ errorCode: z.string().regex(/^[a-z0-9_]{1,60}$/) });

/** "endpoints_resolution_error": a word of msal's, nothing of the request. */
const msalCode = (error: unknown): string => codeSchema.safeParse(error).data?.errorCode ?? 'no reason given';
