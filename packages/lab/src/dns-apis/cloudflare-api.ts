import { dnsName } from '@mxodus/model';
import {
  type ApiCall,
  type ApiReply,
  type ApiServer,
  type ApiServerOptions,
  type Handled,
  startApiServer,
} from './api-server.ts';
import { applyBatch, CloudflareError, wireRecord } from './cloudflare-batch.ts';
import { isObject, parseJson, unknownKey } from './shapes.ts';
import type { SimZone } from './sim-zone.ts';

export interface CloudflareApiOptions extends ApiServerOptions {
  zone: SimZone;
  token: string;
  /** A token that may only read. */
  readOnly?: boolean;
  /** Most records of a page, whatever is asked for. */
  pageSize?: number;
  /** Most operations of one batch; 200 for a free zone. */
  batchLimit?: number;
}

export interface CloudflareApi extends ApiServer {
  zone: SimZone;
  zoneId: string;
}

const BASE = '/client/v4';
const ZONE_ID = '023e105f4ecef8ad9ca31a8372d0c353';

/** Cloudflare's API v4 as far as the records of one zone go, as documented in 2026-11. */
export async function startCloudflareApi(options: CloudflareApiOptions): Promise<CloudflareApi> {
  const { zone } = options;
  const isWrite = ({ method }: ApiCall): boolean => method !== 'GET';
  const server = await startApiServer((call) => judged(call, options), { ...options, isWrite });
  return { ...server, url: `${server.url}${BASE}`, zone, zoneId: ZONE_ID };
}

function judged(call: ApiCall, options: CloudflareApiOptions): Handled {
  try {
    checkToken(call, options);
    return route(call, options);
  } catch (error) {
    if (error instanceof CloudflareError) return failed(error);
    throw error;
  }
}

function checkToken({ headers }: ApiCall, { token }: CloudflareApiOptions): void {
  const given = /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1];
  if (given === undefined) throw new CloudflareError(400, 6003, 'Invalid request headers');
  if (given !== token) throw new CloudflareError(403, 9109, 'Invalid access token');
}

function route(call: ApiCall, options: CloudflareApiOptions): Handled {
  const { method, url } = call;
  const path = url.pathname.slice(BASE.length);
  if (!url.pathname.startsWith(BASE)) throw new CloudflareError(404, 7000, 'No route for that URI');
  if (method === 'GET' && path === '/zones') return zones(url, options);
  const [, zoneId, rest] = /^\/zones\/([^/]+)\/(.+)$/.exec(path) ?? [];
  if (zoneId === undefined) throw new CloudflareError(400, 7000, 'No route for that URI');
  if (zoneId !== ZONE_ID) {
    const words = `Could not route to ${path}, perhaps your object identifier is invalid?`;
    throw new CloudflareError(404, 7003, words);
  }
  if (method === 'GET' && rest === 'dns_records') return list(url, options);
  if (method === 'POST' && rest === 'dns_records/batch') return batch(call, options);
  throw new CloudflareError(405, 10405, 'Method not allowed for this authentication scheme');
}

function zones({ searchParams }: URL, { zone }: CloudflareApiOptions): ApiReply {
  checkQuery(searchParams, ['name', 'page', 'per_page', 'status']);
  const name = searchParams.get('name');
  const found =
    name === null || dnsName(name) === zone.name
      ? [{ id: ZONE_ID, name: zone.name, status: 'active', type: 'full', paused: false }]
      : [];
  return succeeded(found, { page: 1, per_page: 20, count: found.length, total_count: found.length, total_pages: 1 });
}

function list({ searchParams }: URL, { zone, pageSize = 100 }: CloudflareApiOptions): ApiReply {
  checkQuery(searchParams, ['name', 'type', 'page', 'per_page']);
  const [name, type] = [searchParams.get('name'), searchParams.get('type')];
  const page = Number(searchParams.get('page') ?? '1');
  const size = Math.min(Number(searchParams.get('per_page') ?? '100'), pageSize);
  if (!(page >= 1) || !(size >= 1)) throw new CloudflareError(400, 1004, 'DNS Validation Error');
  const all = zone
    .records()
    .filter((record) => (name === null || record.name === name) && (type === null || record.type === type));
  const shown = all.slice((page - 1) * size, page * size);
  const pages = Math.ceil(all.length / size);
  return succeeded(
    shown.map((record) => wireRecord(record, ZONE_ID, zone.name)),
    { page, per_page: size, count: shown.length, total_count: all.length, total_pages: pages },
  );
}

function batch(
  { body, headers }: ApiCall,
  { zone, readOnly = false, batchLimit = 200 }: CloudflareApiOptions,
): Handled {
  if (readOnly) throw new CloudflareError(403, 10000, 'Authentication error');
  if (headers['content-type'] !== 'application/json') throw new CloudflareError(400, 6003, 'Invalid request headers');
  const parsed = parseJson(body);
  if (!isObject(parsed)) throw new CloudflareError(400, 9207, 'Request body is not valid JSON');
  const stranger = unknownKey(parsed, ['deletes', 'patches', 'puts', 'posts']);
  if (stranger !== undefined) throw new CloudflareError(400, 9207, `json: unknown field "${stranger}"`);
  const count = Object.values(parsed).reduce<number>((sum, list) => sum + (Array.isArray(list) ? list.length : 0), 0);
  if (count > batchLimit) throw new CloudflareError(400, 81045, 'Batch record quota exceeded.');
  const { records, result } = applyBatch(zone, parsed, ZONE_ID);
  return { reply: () => succeeded(result), commit: () => zone.commit(records) };
}

function checkQuery(query: URLSearchParams, known: readonly string[]): void {
  const stranger = [...query.keys()].find((key) => !known.includes(key));
  if (stranger !== undefined) throw new CloudflareError(400, 1004, `unknown query parameter ${stranger}`);
}

const succeeded = (result: unknown, info?: Record<string, number>): ApiReply => ({
  status: 200,
  body: JSON.stringify({ success: true, errors: [], messages: [], result, ...(info && { result_info: info }) }),
});

const failed = ({ status, code, message }: CloudflareError): ApiReply => ({
  status,
  body: JSON.stringify({ success: false, errors: [{ code, message }], messages: [], result: null }),
});
