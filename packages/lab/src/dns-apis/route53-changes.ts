import { isIPv4, isIPv6 } from 'node:net';
import { dnsName } from '@mxodus/model';
import { isInside, isRrType, type SimRecord, SimZone, simRecord } from './sim-zone.ts';
import { quoteStrings, readStrings } from './txt-content.ts';
import { childOf, parseXml, textOf, type XmlElement } from './xml.ts';

/** An error with the code Route 53 gives it. */
export class Route53Error extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** A resource record set as Route 53 keeps it. */
export interface RecordSet {
  /** Lower-case, without the final dot. */
  name: string;
  type: string;
  ttl: number;
  values: readonly string[];
  /** Of a routing policy. */
  identifier?: string;
  alias?: string;
  records: readonly SimRecord[];
}

/** Ordered as Route 53 does: by the labels of the name from the right, then by type. */
export function recordSets(zone: SimZone): RecordSet[] {
  const sets = new Map<string, SimRecord[]>();
  for (const record of zone.records()) {
    const key = `${order(record.name)} ${record.type} ${String(record.notes.identifier ?? '')}`;
    sets.set(key, [...(sets.get(key) ?? []), record]);
  }
  return [...sets]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, records]) => {
      const [first] = records;
      if (first === undefined) return [];
      const { name, type, ttl, notes } = first;
      const extra = {
        ...(typeof notes.identifier === 'string' ? { identifier: notes.identifier } : {}),
        ...(typeof notes.alias === 'string' ? { alias: notes.alias } : {}),
      };
      return [{ name, type, ttl, values: records.map(valueText), records, ...extra }];
    });
}

export const order = (name: string): string => name.split('.').toReversed().join('.');

const valueText = ({ type, fields }: SimRecord): string =>
  type === 'TXT' ? quoteStrings(fields, 8) : fields.join(' ');

/** All changes one after the other, or none. Throws Route53Error. */
export function applyChanges(zone: SimZone, body: string): SimRecord[] {
  const request = parseXml(body);
  if (request?.name !== 'ChangeResourceRecordSetsRequest') throw malformed('expected ChangeResourceRecordSetsRequest');
  const batch = only(request, ['ChangeBatch'], 'ChangeBatch');
  const changes = only(batch, ['Comment', 'Changes'], 'Changes').children;
  if (changes.length === 0) throw malformed('at least one change');
  const work = new SimZone(zone.name, []);
  work.commit(zone.records());
  for (const change of changes) applyOne(work, change);
  const cname = work.records().filter(({ type }) => type === 'CNAME');
  for (const { name } of cname) {
    if (work.records().some((record) => record.name === name && record.type !== 'CNAME')) {
      throw badBatch(
        `RRSet of type CNAME with DNS name ${name}. is not permitted because a conflicting RRSet with the same DNS name already exists in zone ${zone.name}.`,
      );
    }
  }
  return [...work.records()];
}

function applyOne(work: SimZone, change: XmlElement): void {
  const element = only(change, ['Action', 'ResourceRecordSet'], 'ResourceRecordSet');
  const action = textOf(change, 'Action');
  const set = readSet(element, work);
  const there = recordSets(work).find(({ name, type }) => name === set.name && type === set.type);
  const label = `[name='${set.name}.', type='${set.type}']`;
  switch (action) {
    case 'DELETE': {
      if (there === undefined) throw badBatch(`Tried to delete resource record set ${label} but it was not found`);
      if (there.ttl !== set.ttl || !sameValues(there.values, set.values)) {
        throw badBatch(
          `Tried to delete resource record set ${label} but the values provided do not match the current values`,
        );
      }
      work.commit(work.records().filter((record) => !there.records.includes(record)));
      break;
    }
    case 'CREATE':
      if (there !== undefined) throw badBatch(`Tried to create resource record set ${label} but it already exists`);
      work.commit([...work.records(), ...set.records]);
      break;
    default:
      throw malformed(`Action ${String(action)} is not known here`);
  }
}

const sameValues = (a: readonly string[], b: readonly string[]): boolean =>
  JSON.stringify(a.toSorted()) === JSON.stringify(b.toSorted());

function readSet(element: XmlElement, zone: SimZone): RecordSet {
  const records = only(element, ['Name', 'Type', 'TTL', 'ResourceRecords'], 'ResourceRecords').children;
  const [rawName = '', type = '', ttlText = ''] = ['Name', 'Type', 'TTL'].map((name) => textOf(element, name));
  const name = dnsName(
    rawName.replace(/\\([0-3][0-7]{2})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))),
  );
  if (!isInside(zone, name)) throw badBatch(`RRSet with DNS name ${name}. is not permitted in zone ${zone.name}.`);
  if (!isRrType(type)) throw malformed(`Type ${type}`);
  if (!/^\d{1,10}$/.test(ttlText) || Number(ttlText) > 2_147_483_647) throw malformed(`TTL ${ttlText}`);
  const values = records.map((record) => only(record, ['Value'], 'Value').text);
  if (values.length === 0) throw malformed('ResourceRecords');
  if (new Set(values).size < values.length) throw badBatch('Duplicate Resource Record');
  const ttl = Number(ttlText);
  const made = values.map((value) => simRecord({ name, type, ttl, fields: fieldsOf(type, value) }));
  return { name, type, ttl, values, records: made };
}

const SHAPES: Readonly<Record<string, RegExp>> = {
  MX: /^\d{1,5} \S+$/,
  CNAME: /^\S+$/,
  SRV: /^\d{1,5} \d{1,5} \d{1,5} \S+$/,
  TLSA: /^\d{1,3} \d{1,3} \d{1,3} [0-9a-fA-F]+$/,
};

function fieldsOf(type: string, value: string): string[] {
  const strings = type === 'TXT' ? readStrings(value, 8) : value.split(' ');
  const isValid =
    strings !== null &&
    (SHAPES[type]?.test(value) ?? true) &&
    (type !== 'A' || isIPv4(value)) &&
    (type !== 'AAAA' || isIPv6(value));
  if (strings === null || !isValid) {
    throw badBatch(
      `Invalid Resource Record: 'FATAL problem: ${type === 'TXT' ? 'InvalidCharacterString (Value should be enclosed in quotation marks)' : 'ARRDATAIllegal'} encountered with '${value}''`,
    );
  }
  return strings;
}

/** A child, when all children are known ones. */
function only(element: XmlElement, known: readonly string[], wanted: string): XmlElement {
  const stranger = element.children.find(({ name }) => !known.includes(name));
  if (stranger !== undefined) throw malformed(`unknown element ${stranger.name} in ${element.name}`);
  const found = childOf(element, wanted);
  if (found === undefined) throw malformed(`${wanted} is missing in ${element.name}`);
  return found;
}

const badBatch = (words: string): Route53Error => new Route53Error(400, 'InvalidChangeBatch', `[${words}]`);
const malformed = (words: string): Route53Error => new Route53Error(400, 'InvalidInput', `Invalid XML ; ${words}`);
