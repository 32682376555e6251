import { SimError } from '../route.ts';

/**
 * Extended properties as singleValueLegacyExtendedProperty names them (GRAPH/api/resources/extended-properties-overview):
 * `{type} {guid} Name {name}`, `{type} {guid} Id 0x8570`, `{type} 0x0E07` (a tag, only below 0x8000).
 * Canonical: the type as documented, GUID and hex in lower case without leading zeros; names are case-sensitive.
 */

export const MESSAGE_FLAGS_ID = 'Integer 0xe07';
export const DELIVERY_TIME_ID = 'SystemTime 0xe06';
export const SUBMIT_TIME_ID = 'SystemTime 0x39';
export const TRANSPORT_HEADERS_ID = 'String 0x7d';
export const IN_REPLY_TO_ID = 'String 0x1042';
export const REFERENCES_ID = 'String 0x1039';
export const MESSAGE_ID_ID = 'String 0x1035';
export const SIZE_ID = 'Integer 0xe08';
export const FLAG_STATUS_ID = 'Integer 0x1090';

const TYPES = ['String', 'Integer', 'Long', 'Boolean', 'SystemTime', 'Binary', 'Double', 'Float', 'Short', 'CLSID'];
const SINGLE = new Map(TYPES.map((type) => [type.toLowerCase(), type]));
const MULTI = new Map(TYPES.map((type) => [`${type.toLowerCase()}array`, `${type}Array`]));
const ID =
  /^([A-Za-z]+) (?:(\{?[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}?) (Name|Id) (.+)|0x([0-9A-Fa-f]{1,8}))$/s;
const BRACED = /^(\{.*\}|[^{}]*)$/;

export interface PropertyId {
  canonical: string;
  type: string;
  /** A property of a property set (by name or number): it takes one of the mailbox's finite ids. */
  named: boolean;
}

const known = new Map<string, PropertyId>();

/** Throws ErrorInvalidExtendedProperty. */
export function propertyId(given: string, kind: 'single' | 'multi' = 'single'): PropertyId {
  const seen = known.get(`${kind} ${given}`);
  if (seen !== undefined) return seen;
  const id = parse(given, kind === 'single' ? SINGLE : MULTI);
  if (known.size < 10_000) known.set(`${kind} ${given}`, id);
  return id;
}

function parse(given: string, types: ReadonlyMap<string, string>): PropertyId {
  const match = ID.exec(given);
  const type = types.get(match?.[1]?.toLowerCase() ?? '');
  if (match === null || type === undefined) throw invalid(given);
  const [, , guid, form, name, tag] = match;
  if (tag !== undefined) {
    const number = Number.parseInt(tag, 16);
    if (number === 0 || number >= 0x8000) throw invalid(given);
    return { canonical: `${type} 0x${number.toString(16)}`, type, named: false };
  }
  if (guid === undefined || name === undefined || !BRACED.test(guid)) throw invalid(given);
  const set = `{${guid.replace(/[{}]/g, '').toLowerCase()}}`;
  if (form === 'Name') return { canonical: `${type} ${set} Name ${name}`, type, named: true };
  const number = /^0x([0-9A-Fa-f]{1,8})$/.exec(name)?.[1];
  if (number === undefined) throw invalid(given);
  return { canonical: `${type} ${set} Id 0x${Number.parseInt(number, 16).toString(16)}`, type, named: true };
}

const invalid = (given: string): SimError =>
  new SimError(
    400,
    'ErrorInvalidExtendedProperty',
    `The extended property attribute combination is invalid: '${given}'.`,
  );

const DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;
const GUID = /^\{?[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}?$/;
const WHOLE = /^[+-]?\d{1,19}$/;
const REAL = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

const within = (value: string, low: number, high: number): boolean =>
  WHOLE.test(value) && Number(value) >= low && Number(value) <= high;

const GOOD: Readonly<Record<string, (value: string) => boolean>> = {
  String: () => true,
  Integer: (value) => within(value, -(2 ** 31), 2 ** 31 - 1),
  Short: (value) => within(value, -(2 ** 15), 2 ** 15 - 1),
  Long: (value) => WHOLE.test(value),
  Boolean: (value) => /^(true|false)$/i.test(value),
  SystemTime: (value) => DATE.test(value) && !Number.isNaN(Date.parse(value)),
  Binary: (value) => BASE64.test(value),
  Double: (value) => REAL.test(value),
  Float: (value) => REAL.test(value),
  CLSID: (value) => GUID.test(value),
};

/** The value as stored. Throws ErrorInvalidExtendedPropertyValue where it is not of the type in the id. */
export function propertyValue(id: PropertyId, value: string): string {
  const type = id.type.replace(/Array$/, '');
  if (GOOD[type]?.(value) !== true) {
    throw new SimError(
      400,
      'ErrorInvalidExtendedPropertyValue',
      `The extended property value is invalid: ${id.canonical}.`,
    );
  }
  return type === 'SystemTime' ? graphTime(Date.parse(value)) : value;
}

/** As Graph writes dates: to the second, UTC. */
export const graphTime = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;
