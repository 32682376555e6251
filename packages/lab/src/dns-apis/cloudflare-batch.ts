import { isIPv4, isIPv6 } from 'node:net';
import { isInteger, isObject, type JsonObject, unknownKey } from './shapes.ts';
import { canonicalText, isInside, isRrType, type SimRecord, type SimZone, simRecord } from './sim-zone.ts';
import { quoteStrings, readStrings } from './txt-content.ts';

/** An error as Cloudflare numbers it. */
export class CloudflareError extends Error {
  readonly status: number;
  readonly code: number;

  constructor(status: number, code: number, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const FIELDS = ['id', 'name', 'type', 'content', 'ttl', 'priority', 'data', 'proxied', 'comment', 'tags'];

/** All operations in Cloudflare's order, deletes, patches, puts, posts, or none. Throws CloudflareError. */
export function applyBatch(
  zone: SimZone,
  body: JsonObject,
  zoneId: string,
): { records: SimRecord[]; result: Record<string, unknown> } {
  let records = [...zone.records()];
  const find = (value: JsonObject): SimRecord => {
    const found = records.find(({ id }) => id === value.id);
    if (found === undefined) throw new CloudflareError(404, 81044, 'Record does not exist.');
    return found;
  };
  const replace = (old: SimRecord, next: SimRecord): SimRecord => {
    records = records.map((record) => (record === old ? next : record));
    return next;
  };
  const deletes = objects(body.deletes, ['id']).map((value) => {
    const found = find(value);
    records = records.filter((record) => record !== found);
    return found;
  });
  const patches = objects(body.patches, FIELDS).map((value) => {
    const old = find(value);
    return replace(old, { ...readRecord({ ...wireRecord(old, zoneId, zone.name), ...value }, zone), id: old.id });
  });
  const puts = objects(body.puts, FIELDS).map((value) => {
    const old = find(value);
    return replace(old, { ...readRecord(value, zone), id: old.id });
  });
  const posts = objects(body.posts, FIELDS.slice(1)).map((value) => {
    const added = readRecord(value, zone);
    records.push(added);
    return added;
  });
  checkZone(records);
  const wire = (list: SimRecord[]) => list.map((record) => wireRecord(record, zoneId, zone.name));
  return {
    records,
    result: { deletes: wire(deletes), patches: wire(patches), puts: wire(puts), posts: wire(posts) },
  };
}

function objects(value: unknown, known: readonly string[]): JsonObject[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new CloudflareError(400, 9207, 'json: cannot unmarshal into a list');
  return value.map((item: unknown) => {
    if (!isObject(item)) throw new CloudflareError(400, 9207, 'json: cannot unmarshal into a record');
    const stranger = unknownKey(item, known);
    if (stranger !== undefined) throw new CloudflareError(400, 9207, `json: unknown field "${stranger}"`);
    return item;
  });
}

function readRecord(value: JsonObject, zone: SimZone): SimRecord {
  const { name, type, ttl = 1, proxied = false, comment = null, tags = [] } = value;
  if (typeof name !== 'string' || !isInside(zone, name)) throw invalid(9000, 'DNS name is invalid.');
  if (typeof type !== 'string' || !isRrType(type)) throw invalid(9004, 'Invalid DNS record type.');
  if (!isInteger(ttl) || (ttl !== 1 && (ttl < 60 || ttl > 86_400))) {
    throw invalid(9021, 'Invalid TTL. Must be between 60 and 86400 seconds, or 1 for Automatic.');
  }
  if (proxied === true && (ttl !== 1 || !['A', 'AAAA', 'CNAME'].includes(type))) {
    throw invalid(9003, 'This record type cannot be proxied.');
  }
  return simRecord({ name, type, ttl, fields: fieldsOf(type, value), notes: { proxied, comment, tags } });
}

function fieldsOf(type: string, { content, priority, data }: JsonObject): string[] {
  const parts = isObject(data) ? data : {};
  const numbers = (...names: string[]): string[] =>
    names.map((name) => {
      const value = parts[name];
      if (!isInteger(value) || value < 0 || value > 65_535) throw invalid(9101, `${name} is a required data field.`);
      return String(value);
    });
  const word = (value: unknown, what: string): string => {
    if (typeof value !== 'string' || !/^\S+$/.test(value))
      throw invalid(9005, `Content for ${what} record is invalid.`);
    return value.replace(/(?<=.)\.$/, '');
  };
  switch (type) {
    case 'A':
      if (!isIPv4(word(content, 'A'))) throw invalid(9005, 'Content for A record must be a valid IPv4 address.');
      return [word(content, 'A')];
    case 'AAAA':
      if (!isIPv6(word(content, 'AAAA'))) throw invalid(9005, 'Content for AAAA record must be a valid IPv6 address.');
      return [word(content, 'AAAA')];
    case 'MX':
      if (!isInteger(priority)) throw invalid(9102, 'priority is a required data field.');
      return [String(priority), word(content, 'MX')];
    case 'SRV':
      return [...numbers('priority', 'weight', 'port'), word(parts.target, 'SRV')];
    case 'TLSA':
      return [...numbers('usage', 'selector', 'matching_type'), word(parts.certificate, 'TLSA')];
    case 'TXT': {
      const strings = typeof content === 'string' ? readStrings(content, 10) : null;
      if (strings === null) throw invalid(9005, 'Content for TXT record must consist of quoted strings.');
      return strings;
    }
    default:
      return [word(content, type)];
  }
}

const invalid = (code: number, message: string): CloudflareError => new CloudflareError(400, code, message);

function checkZone(records: readonly SimRecord[]): void {
  const seen = new Set<string>();
  for (const record of records) {
    const key = `${record.name} ${record.type} ${canonicalText(record)}`;
    if (seen.has(key)) throw invalid(81058, 'An identical record already exists.');
    seen.add(key);
  }
  for (const { name } of records.filter(({ type }) => type === 'CNAME')) {
    if (records.filter((record) => record.name === name).length > 1) {
      throw invalid(81053, 'An A, AAAA, or CNAME record with that host already exists.');
    }
  }
}

/** As the API shows it. A TXT made long ago without quotes is still without. */
export function wireRecord({ id, name, type, ttl, fields, notes }: SimRecord, zoneId: string, zone: string) {
  const { proxied = false, comment = null, tags = [], unquoted = false } = notes;
  return {
    id,
    zone_id: zoneId,
    zone_name: zone,
    name,
    type,
    ttl,
    proxied,
    proxiable: ['A', 'AAAA', 'CNAME'].includes(type),
    comment,
    tags,
    locked: false,
    created_on: '2026-11-01T00:00:00.000000Z',
    modified_on: '2026-11-01T00:00:00.000000Z',
    meta: {},
    ...contentOf(type, fields, unquoted === true),
  };
}

function contentOf(type: string, fields: readonly string[], unquoted: boolean): Record<string, unknown> {
  const [first = '', second = '', third = '', fourth = ''] = fields;
  switch (type) {
    case 'MX':
      return { content: second.replace(/(?<=.)\.$/, ''), priority: Number(first) };
    case 'SRV': {
      const data = { priority: Number(first), weight: Number(second), port: Number(third), target: fourth };
      return { content: `${second} ${third} ${fourth}`, priority: Number(first), data };
    }
    case 'TLSA': {
      const data = {
        usage: Number(first),
        selector: Number(second),
        matching_type: Number(third),
        certificate: fourth,
      };
      return { content: fields.join(' '), data };
    }
    case 'TXT':
      return { content: unquoted ? fields.join('') : quoteStrings(fields, 10) };
    default:
      return { content: fields.join(' ') };
  }
}
