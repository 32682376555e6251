import { MxodusError } from '@mxodus/model';
import { z } from 'zod';
import { type ApiAnswer, apiRequest, parseAnswer } from '../../http/api-request.ts';
import { apiTrouble } from '../../http/api-trouble.ts';
import { plainWords } from '../../http/plain-words.ts';

export interface CpanelAccess {
  /** https://HOST:2083 for cPanel, https://HOST:2087 for WHM. */
  url: string;
  kind: 'cpanel' | 'whm';
  /** The account, or the reseller. */
  user: string;
  token: string;
  /** PEM file. */
  ca?: string | undefined;
  timeoutMs?: number;
}

/** `stale`: the zone's serial is another one than was given. */
export type CpanelResult = { kind: 'done'; data: unknown } | { kind: 'stale' };

/** What is called, in the words of both faces. */
interface Call {
  /** "DNS/parse_zone" */
  uapi: string;
  /** "parse_dns_zone" */
  whm: string;
  parameters: URLSearchParams;
  write: boolean;
  about: string;
  signal: AbortSignal;
}

const TIMEOUT_MS = 60_000;
const PERMISSION =
  'check user and token: cPanel > Security > Manage API Tokens, WHM > Development > Manage API Tokens (with edit-dns and cpanel-api); they are of the `kind` in the config';

const flag = z.coerce.number();
const uapiSchema = z.object({ status: flag, data: z.unknown(), errors: z.array(z.string()).nullish() });
/** The command line wraps it; some proxies of hosters do too. */
const wrappedSchema = z.object({ result: uapiSchema }).transform(({ result }) => result);
const whmSchema = z.object({ data: z.unknown(), metadata: z.object({ result: flag, reason: z.string().nullish() }) });
const throughSchema = z.object({ uapi: uapiSchema });
const staleSchema = z.object({ type: z.literal('Stale') });
const ownerSchema = z.object({ user: z.string().min(1) });

/** UAPI of a cPanel account, or WHM API 1. Throws as DnsProvider does. */
export class CpanelClient {
  readonly #access: CpanelAccess;

  constructor(access: CpanelAccess) {
    this.#access = access;
  }

  async parseZone(zone: string, signal: AbortSignal): Promise<unknown> {
    const about = `the zone ${zone} at cPanel`;
    const parameters = new URLSearchParams({ zone });
    const call = { uapi: 'DNS/parse_zone', whm: 'parse_dns_zone', parameters, write: false, about, signal };
    const result = await this.#call(call);
    if (result.kind === 'stale') throw this.#refused(about, 'the serial is stale');
    const payload = z.object({ payload: z.unknown() }).safeParse(result.data);
    return payload.success ? payload.data.payload : result.data;
  }

  massEdit(parameters: URLSearchParams, zone: string, signal: AbortSignal): Promise<CpanelResult> {
    const about = `the change of the zone ${zone} at cPanel`;
    return this.#call({
      uapi: 'DNS/mass_edit_zone',
      whm: 'mass_edit_dns_zone',
      parameters,
      write: true,
      about,
      signal,
    });
  }

  /** A function of UAPI's module Email, for the account that owns the domain. */
  async email(
    name: string,
    {
      domain,
      write,
      ...rest
    }: { domain: string; write: boolean; parameters: URLSearchParams; about: string; signal: AbortSignal },
  ): Promise<unknown> {
    const parameters = new URLSearchParams([['domain', domain], ...rest.parameters]);
    if (this.#access.kind === 'whm') {
      parameters.append('cpanel.user', await this.#owner(domain, rest.signal));
      parameters.append('cpanel.module', 'Email');
      parameters.append('cpanel.function', name);
    }
    const result = await this.#call({ ...rest, uapi: `Email/${name}`, whm: 'uapi_cpanel', parameters, write });
    if (result.kind === 'stale') throw this.#refused(rest.about, 'the serial is stale');
    if (this.#access.kind === 'cpanel') return result.data;
    const through = throughSchema.safeParse(result.data);
    if (!through.success) throw odd(rest.about);
    return this.#judgedUapi(through.data.uapi, rest.about);
  }

  async #owner(domain: string, signal: AbortSignal): Promise<string> {
    const about = `the account that owns ${domain} at WHM`;
    const parameters = new URLSearchParams({ domain });
    const result = await this.#call({ uapi: '', whm: 'getdomainowner', parameters, write: false, about, signal });
    const found = result.kind === 'done' ? ownerSchema.safeParse(result.data) : null;
    if (found?.success === true) return found.data.user;
    throw this.#refused(about, 'no account of this reseller owns it');
  }

  async #call(call: Call): Promise<CpanelResult> {
    const answer = await this.#send(call);
    if (answer.status !== 200) {
      const { token } = this.#access;
      // The words are those of a web page, or of a proxy.
      throw apiTrouble(answer, { about: call.about, words: '', secrets: [token], permission: PERMISSION });
    }
    if (this.#access.kind === 'cpanel') {
      const result = parseAnswer(z.union([uapiSchema, wrappedSchema]), answer, call.about);
      if (result.status !== 1 && staleSchema.safeParse(result.data).success) return { kind: 'stale' };
      return { kind: 'done', data: this.#judgedUapi(result, call.about) };
    }
    const { data, metadata } = parseAnswer(whmSchema, answer, call.about);
    if (metadata.result === 1) return { kind: 'done', data };
    const reason = metadata.reason ?? '';
    if (staleSchema.safeParse(data).success || /serial number .* does not match/i.test(reason))
      return { kind: 'stale' };
    throw this.#refused(call.about, reason);
  }

  #judgedUapi({ status, data, errors }: z.output<typeof uapiSchema>, about: string): unknown {
    if (status === 1) return data;
    throw this.#refused(about, (errors ?? []).join('; '));
  }

  #send({ uapi, whm, parameters, write, about, signal }: Call): Promise<ApiAnswer> {
    const { url, kind, user, token, ca, timeoutMs = TIMEOUT_MS } = this.#access;
    const path = kind === 'cpanel' ? `execute/${uapi}` : `json-api/${whm}`;
    const query = new URLSearchParams(kind === 'whm' ? [['api.version', '1']] : []);
    if (!write) for (const [name, value] of parameters) query.append(name, value);
    const headers = { authorization: `${kind} ${user}:${token}`, accept: 'application/json' };
    const rest = { about, signal, ca, timeoutMs, url: `${url.replace(/\/+$/, '')}/${path}?${query}` };
    if (!write) return apiRequest({ ...rest, method: 'GET', headers });
    const form = { ...headers, 'content-type': 'application/x-www-form-urlencoded' };
    return apiRequest({ ...rest, method: 'POST', headers: form, body: parameters.toString() });
  }

  #refused(about: string, words: string): MxodusError {
    return new MxodusError('DNS_REFUSED', {
      what: `${about}: ${plainWords(words, [this.#access.token])}`,
      why: 'cPanel does not do it: the account lacks the feature (Zone Editor, Ability to Change MX), does not own the domain, or the values are wrong',
      advice: 'read its words; the feature list of the package is in WHM > Packages > Feature Manager',
    });
  }
}

export const odd = (about: string): MxodusError =>
  new MxodusError('DNS_ANSWER', {
    what: `the answer about ${about} is not what was expected`,
    why: 'it lacks what cPanel 11.134 says',
    advice: 'check the address in the config; then run the same command: it looks first',
  });
