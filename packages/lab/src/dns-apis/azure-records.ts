import { isIPv4, isIPv6 } from 'node:net';
import { isInteger, isObject, type JsonObject, unknownKey } from './shapes.ts';
import { canonicalText, type SimRecord, type SimZone, simRecord } from './sim-zone.ts';

/** An error as Azure DNS words it; those of Resource Manager are in an envelope. */
export class AzureError extends Error {
  readonly status: number;
  readonly code: string;
  readonly enveloped: boolean;

  constructor(status: number, code: string, message: string, enveloped = false) {
    super(message);
    this.status = status;
    this.code = code;
    this.enveloped = enveloped;
  }
}

const bad = (words: string): AzureError => new AzureError(400, 'BadRequest', words);

interface Shape {
  property: string;
  /** One value, not a list. */
  single?: boolean;
  write: (fields: readonly string[]) => unknown;
  read: (value: JsonObject) => string[];
}

const text = (value: unknown): string => {
  if (typeof value === 'string' && /^\S+$/.test(value)) return value;
  throw bad(`'${String(value)}' is not a valid value.`);
};
const number = (value: unknown): string => {
  if (isInteger(value) && value >= 0 && value <= 65_535) return String(value);
  throw bad(`'${String(value)}' is not a valid number.`);
};
const known = (value: JsonObject, ...keys: string[]): void => {
  const stranger = unknownKey(value, keys);
  if (stranger !== undefined) throw bad(`Could not find member '${stranger}' on object.`);
};

const SHAPES: Readonly<Record<string, Shape>> = {
  A: {
    property: 'ARecords',
    write: ([ipv4Address]) => ({ ipv4Address }),
    read: (value) => {
      known(value, 'ipv4Address');
      if (!isIPv4(text(value.ipv4Address))) throw bad('The value is not a valid IPv4 address.');
      return [text(value.ipv4Address)];
    },
  },
  AAAA: {
    property: 'AAAARecords',
    write: ([ipv6Address]) => ({ ipv6Address }),
    read: (value) => {
      known(value, 'ipv6Address');
      if (!isIPv6(text(value.ipv6Address))) throw bad('The value is not a valid IPv6 address.');
      return [text(value.ipv6Address)];
    },
  },
  CNAME: {
    property: 'CNAMERecord',
    single: true,
    write: ([cname]) => ({ cname }),
    read: (value) => {
      known(value, 'cname');
      return [text(value.cname)];
    },
  },
  MX: {
    property: 'MXRecords',
    write: ([preference, exchange]) => ({ preference: Number(preference), exchange }),
    read: (value) => {
      known(value, 'preference', 'exchange');
      return [number(value.preference), text(value.exchange)];
    },
  },
  TXT: {
    property: 'TXTRecords',
    write: (value) => ({ value }),
    read: (value) => {
      known(value, 'value');
      const strings = Array.isArray(value.value)
        ? value.value.map((one: unknown) => (typeof one === 'string' ? one : null))
        : [];
      const valid = strings.filter((one) => one !== null && Buffer.byteLength(one) <= 255).map(String);
      if (valid.length === 0 || valid.length < strings.length)
        throw bad('Each TXT string must be at most 255 characters.');
      return valid;
    },
  },
  SRV: {
    property: 'SRVRecords',
    write: ([priority, weight, port, target]) => ({
      priority: Number(priority),
      weight: Number(weight),
      port: Number(port),
      target,
    }),
    read: (value) => {
      known(value, 'priority', 'weight', 'port', 'target');
      return [number(value.priority), number(value.weight), number(value.port), text(value.target)];
    },
  },
  TLSA: {
    property: 'TLSARecords',
    write: ([usage, selector, matchingType, certAssociationData]) => ({
      usage: Number(usage),
      selector: Number(selector),
      matchingType: Number(matchingType),
      certAssociationData,
    }),
    read: (value) => {
      known(value, 'usage', 'selector', 'matchingType', 'certAssociationData');
      return [number(value.usage), number(value.selector), number(value.matchingType), text(value.certAssociationData)];
    },
  },
};

export const isAzureType = (type: string): boolean => type in SHAPES;

/** The record set as the API shows it. */
export function recordSetBody(zone: SimZone, name: string, type: string, id: string): unknown {
  const records = zone.of(name, type);
  const [first] = records;
  const shape = SHAPES[type];
  if (first === undefined || shape === undefined) return null;
  const values = records.map(({ fields }) => shape.write(fields));
  const { metadata, alias } = first.notes;
  return {
    id,
    name: name === zone.name ? '@' : name.slice(0, -zone.name.length - 1),
    type: `Microsoft.Network/dnszones/${type}`,
    etag: zone.etag(name, type),
    properties: {
      ...(isObject(metadata) ? { metadata } : {}),
      fqdn: `${name}.`,
      TTL: first.ttl,
      [shape.property]: shape.single === true ? values[0] : values,
      targetResource: typeof alias === 'string' ? { id: alias } : {},
      provisioningState: 'Succeeded',
    },
  };
}

/** All records of the zone after a PUT of this record set. Throws AzureError. */
export function putRecordSet(zone: SimZone, name: string, type: string, body: unknown): SimRecord[] {
  const shape = SHAPES[type];
  if (shape === undefined || !isObject(body) || !isObject(body.properties))
    throw bad('The request content was invalid.');
  known(body, 'properties', 'etag');
  const { properties } = body;
  known(properties, 'TTL', 'metadata', shape.property);
  const { TTL: ttl, metadata } = properties;
  if (!isInteger(ttl) || ttl < 1 || ttl > 2_147_483_647) {
    throw bad(`The TTL value '${String(ttl)}' is not within the valid range: 1 to 2147483647.`);
  }
  const given = properties[shape.property];
  const values: unknown[] = shape.single === true ? [given] : Array.isArray(given) ? given : [];
  if (values.length === 0) throw bad('The record set must have at least one record.');
  const notes = metadata === undefined ? {} : { metadata };
  const added = values.map((value) => {
    if (!isObject(value)) throw bad('The request content was invalid.');
    return simRecord({ name, type, ttl, fields: shape.read(value), notes });
  });
  if (new Set(added.map(canonicalText)).size < added.length) throw bad('The record set contains duplicate records.');
  const others = zone.records().filter((record) => record.name !== name || record.type !== type);
  const namesakes = others.filter((record) => record.name === name);
  if (namesakes.some((record) => record.type === 'CNAME') || (type === 'CNAME' && namesakes.length > 0)) {
    throw new AzureError(
      409,
      'Conflict',
      'The record could not be created because a CNAME record with the same name already exists in this zone.',
    );
  }
  return [...others, ...added];
}
