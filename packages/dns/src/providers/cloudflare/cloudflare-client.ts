import { MxodusError } from '@mxodus/model';
import { z } from 'zod';
import { type ApiAnswer, type ApiRequest, apiRequest, parseAnswer, parseJson } from '../../http/api-request.ts';
import { apiTrouble } from '../../http/api-trouble.ts';

export interface CloudflareOptions {
  zone: string;
  token: string;
  zone_id?: string | undefined;
  /** https://api.cloudflare.com/client/v4 */
  url: string;
  /** PEM file. */
  ca?: string | undefined;
  timeoutMs?: number;
}

const recordSchema = z.object({
  id: z.string(),
  name: z.string(),
  type: z.string(),
  ttl: z.number(),
  content: z.string().optional(),
  priority: z.number().nullish(),
  proxied: z.boolean().nullish(),
  data: z.record(z.string(), z.unknown()).nullish(),
});
export type CloudflareRecord = z.infer<typeof recordSchema>;

const pageSchema = z.object({
  success: z.literal(true),
  result: z.array(recordSchema),
  result_info: z.object({ page: z.number(), total_pages: z.number() }),
});
const zonesSchema = z.object({
  success: z.literal(true),
  result: z.array(z.object({ id: z.string(), name: z.string(), status: z.string().nullish() })),
});
const doneSchema = z.object({ success: z.literal(true) });
const errorsSchema = z.object({ errors: z.array(z.object({ code: z.number(), message: z.string() })) });

const TIMEOUT_MS = 30_000;
const PER_PAGE = 100;
const MOST_PAGES = 1000;
const PERMISSION =
  'check `dns.token`: Cloudflare dashboard > My Profile > API Tokens; it needs Zone > DNS > Edit for this zone (and Zone > Zone > Read unless `dns.zone_id` is given)';

/** Cloudflare's API v4 as far as the records of one zone go. Throws as DnsProvider does. */
export class CloudflareClient {
  readonly #options: CloudflareOptions;
  #zoneId: string | undefined;

  constructor(options: CloudflareOptions) {
    this.#options = options;
    this.#zoneId = options.zone_id;
  }

  async records(name: string, type: string, signal: AbortSignal): Promise<CloudflareRecord[]> {
    const zoneId = await this.#zone(signal);
    const found: CloudflareRecord[] = [];
    for (let page = 1; page <= MOST_PAGES; page++) {
      const query = new URLSearchParams({ name, type, page: String(page), per_page: String(PER_PAGE) });
      const about = `the records of ${name} at Cloudflare`;
      const answer = await this.#send({ method: 'GET', path: `/zones/${zoneId}/dns_records?${query}`, about, signal });
      const { result, result_info } = parseAnswer(pageSchema, this.#succeeded(answer, about), about);
      found.push(...result);
      if (page >= result_info.total_pages) break;
    }
    return found.filter((record) => record.name.toLowerCase() === name && record.type === type);
  }

  /** All operations in one transaction of their database. */
  async batch(body: object, signal: AbortSignal): Promise<void> {
    const about = `the change of the zone ${this.#options.zone} at Cloudflare`;
    parseAnswer(doneSchema, this.#succeeded(await this.#sendBatch(body, about, signal), about), about);
  }

  /** Asks to delete a record that cannot be there: who may not edit is refused before that is looked at. */
  async mayEdit(signal: AbortSignal): Promise<boolean> {
    const about = `the permission to edit the zone ${this.#options.zone} at Cloudflare`;
    const answer = await this.#sendBatch({ deletes: [{ id: '0'.repeat(32) }] }, about, signal);
    if (answer.status === 401 || answer.status === 403) this.#succeeded(answer, about);
    return errorsOf(answer).some(({ code }) => code === RECORD_DOES_NOT_EXIST);
  }

  async #sendBatch(body: object, about: string, signal: AbortSignal): Promise<ApiAnswer> {
    const path = `/zones/${await this.#zone(signal)}/dns_records/batch`;
    return this.#send({ method: 'POST', path, body: JSON.stringify(body), about, signal });
  }

  async #zone(signal: AbortSignal): Promise<string> {
    if (this.#zoneId !== undefined) return this.#zoneId;
    const { zone } = this.#options;
    const about = `the id of the zone ${zone} at Cloudflare`;
    const path = `/zones?${new URLSearchParams({ name: zone, per_page: '50' })}`;
    const answer = this.#succeeded(await this.#send({ method: 'GET', path, about, signal }), about);
    const found = parseAnswer(zonesSchema, answer, about).result.filter(
      ({ name }) => name.toLowerCase() === zone.toLowerCase(),
    );
    const active = found.filter(({ status }) => status === 'active');
    const [only, ...more] = active.length > 0 ? active : found;
    if (only === undefined || more.length > 0) {
      throw new MxodusError('DNS_REFUSED', {
        what: `${about}: ${only === undefined ? 'there is none' : `there are ${more.length + 1}`}`,
        why:
          only === undefined
            ? 'the token sees no zone of this name'
            : 'several accounts have a zone of this name, and the token sees them',
        advice: only === undefined ? PERMISSION : 'name the one that is in use as `dns.zone_id`',
      });
    }
    this.#zoneId = only.id;
    return only.id;
  }

  #send({
    path,
    ...rest
  }: Pick<ApiRequest, 'method' | 'body' | 'about' | 'signal'> & { path: string }): Promise<ApiAnswer> {
    const { url, token, ca, timeoutMs = TIMEOUT_MS } = this.#options;
    const headers = {
      authorization: `Bearer ${token}`,
      accept: 'application/json',
      'content-type': 'application/json',
    };
    return apiRequest({ ...rest, url: `${url.replace(/\/+$/, '')}${path}`, headers, ca, timeoutMs });
  }

  #succeeded(answer: ApiAnswer, about: string): ApiAnswer {
    if (answer.status === 200) return answer;
    const words = errorsOf(answer)
      .map(({ code, message }) => `${code} ${message}`)
      .join('; ');
    throw apiTrouble(answer, { about, words, secrets: [this.#options.token], permission: PERMISSION });
  }
}

const RECORD_DOES_NOT_EXIST = 81_044;

function errorsOf({ text }: ApiAnswer): { code: number; message: string }[] {
  return errorsSchema.safeParse(parseJson(text)).data?.errors ?? [];
}
