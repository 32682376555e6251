import { dnsName, MxodusError, type Rrset, type RrsetName } from '@mxodus/model';
import { z } from 'zod';
import { type ApiAnswer, type ApiRequest, apiRequest, parseAnswer, parseJson } from '../../http/api-request.ts';
import { apiTrouble } from '../../http/api-trouble.ts';
import { notPlain } from '../../http/zone-guard.ts';
import { ABSENT, type AzureRrset, isAlias, readRecordSet, recordSetBody, recordSetSchema } from './azure-records.ts';
import { type AzureSignIn, AzureToken } from './azure-token.ts';

export interface AzureOptions {
  zone: string;
  subscription: string;
  resource_group: string;
  tenant: string;
  client_id: string;
  /** `certificate`: a PEM file; `key`: PEM text. */
  credential: AzureSignIn['credential'];
  /** https://management.azure.com */
  url: string;
  /** https://login.microsoftonline.com */
  authority: string;
  /** PEM file. */
  ca?: string | undefined;
  timeoutMs?: number;
}

/** One role assignment, of which several may hold. */
export interface AzurePermission {
  actions: readonly string[];
  notActions: readonly string[];
}

const VERSION = '2018-05-01';
/** TLSA is only in this one (2026-11). */
const TLSA_VERSION = '2023-07-01-preview';
const PERMISSIONS_VERSION = '2022-04-01';
const TIMEOUT_MS = 30_000;
export const PERMISSION =
  'give the app the role "DNS Zone Contributor": Azure portal > DNS zones > the zone > Access control (IAM); check `dns.subscription` and `dns.resource_group`';

const zoneSchema = z.object({ name: z.string() });
const permissionsSchema = z.object({
  value: z.array(z.object({ actions: z.array(z.string()).default([]), notActions: z.array(z.string()).default([]) })),
});
const words = z.object({ code: z.string(), message: z.string() });
const errorSchema = z.union([z.object({ error: words }).transform(({ error }) => error), words]);

/** Azure DNS by Azure Resource Manager, one zone. Throws as DnsProvider does. */
export class AzureClient {
  readonly #options: AzureOptions;
  readonly #token: AzureToken;

  constructor(options: AzureOptions) {
    this.#options = options;
    const { timeoutMs = TIMEOUT_MS } = options;
    this.#token = new AzureToken({ ...options, resource: new URL(options.url).origin, timeoutMs });
  }

  /** That the zone is there: what is not found in it is then not there. */
  async checkZone(signal: AbortSignal): Promise<void> {
    const about = `the zone ${this.#options.zone} at Azure DNS`;
    const answer = await this.#send({ method: 'GET', path: `?api-version=${VERSION}`, about, signal });
    parseAnswer(zoneSchema, this.#succeeded(answer, about), about);
  }

  async read(rrset: RrsetName, signal: AbortSignal): Promise<AzureRrset> {
    const about = `${rrset.type} of ${rrset.name} at Azure DNS`;
    const answer = await this.#send({ method: 'GET', path: this.#path(rrset), about, signal });
    if (answer.status === 404 && errorIn(answer).code === 'NotFound') return ABSENT;
    const set = parseAnswer(recordSetSchema, this.#succeeded(answer, about), about);
    if (isAlias(set)) throw notPlain(rrset, 'an alias', 'Azure DNS');
    return readRecordSet(rrset.type, set);
  }

  /** Only when the RRset still is the one that was read. `stale`: it is not. */
  async write(
    rrset: RrsetName,
    { live, after }: { live: AzureRrset; after: Rrset },
    signal: AbortSignal,
  ): Promise<'done' | 'stale'> {
    const about = `the change of ${rrset.type} of ${rrset.name} at Azure DNS`;
    const guard = live.etag === null ? { 'if-none-match': '*' } : { 'if-match': live.etag };
    const what =
      after.records.length === 0
        ? { method: 'DELETE' as const }
        : { method: 'PUT' as const, body: recordSetBody(rrset.type, after, live.metadata) };
    const answer = await this.#send({ ...what, path: this.#path(rrset), about, signal }, guard);
    if (answer.status === 412) return 'stale';
    if (answer.status !== 201 && answer.status !== 204) this.#succeeded(answer, about);
    return 'done';
  }

  /** What the app may do with the zone; null: it may not even ask. */
  async permissions(signal: AbortSignal): Promise<AzurePermission[] | null> {
    const about = `the permissions for the zone ${this.#options.zone} at Azure DNS`;
    const path = `/providers/Microsoft.Authorization/permissions?api-version=${PERMISSIONS_VERSION}`;
    const answer = await this.#send({ method: 'GET', path, about, signal });
    if (answer.status === 403 || answer.status === 404) return null;
    return parseAnswer(permissionsSchema, this.#succeeded(answer, about), about).value;
  }

  #path({ name, type }: RrsetName): string {
    const [full, zone] = [dnsName(name), dnsName(this.#options.zone)];
    if (full !== zone && !full.endsWith(`.${zone}`)) {
      throw new MxodusError('DNS_REFUSED', {
        what: `${full} is not in the zone ${zone}`,
        why: 'a change names a record of another zone',
        advice: 'check `dns.zone`',
      });
    }
    const relative = full === zone ? '@' : full.slice(0, -zone.length - 1);
    return `/${type}/${encodeURIComponent(relative)}?api-version=${type === 'TLSA' ? TLSA_VERSION : VERSION}`;
  }

  async #send(
    { path, ...rest }: Pick<ApiRequest, 'method' | 'body' | 'about' | 'signal'> & { path: string },
    guard: Readonly<Record<string, string>> = {},
  ): Promise<ApiAnswer> {
    const { url, subscription, resource_group: group, zone, ca, timeoutMs = TIMEOUT_MS } = this.#options;
    const [sub, inGroup, name] = [subscription, group, dnsName(zone)].map(encodeURIComponent);
    const base = `${url.replace(/\/+$/, '')}/subscriptions/${sub}/resourceGroups/${inGroup}/providers/Microsoft.Network/dnsZones/${name}`;
    const once = async (anew: boolean): Promise<ApiAnswer> => {
      const headers = {
        authorization: `Bearer ${await this.#token.token(rest.signal, { anew })}`,
        accept: 'application/json',
        ...(rest.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...guard,
      };
      return apiRequest({ ...rest, url: `${base}${path}`, headers, ca, timeoutMs });
    };
    const answer = await once(false);
    // The token was revoked before its time: nothing was done.
    return answer.status === 401 ? once(true) : answer;
  }

  #succeeded(answer: ApiAnswer, about: string): ApiAnswer {
    if (answer.status === 200) return answer;
    const { code, message } = errorIn(answer);
    throw apiTrouble(answer, { about, words: `${code} ${message}`, secrets: [], permission: PERMISSION });
  }
}

const errorIn = ({ text }: ApiAnswer): { code: string; message: string } =>
  errorSchema.safeParse(parseJson(text)).data ?? { code: '', message: '' };
