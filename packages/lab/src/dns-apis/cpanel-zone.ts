import { isIPv4, isIPv6 } from 'node:net';
import { CpanelError } from './cpanel-mail.ts';
import { isInteger, isObject, type JsonObject, parseJson, unknownKey } from './shapes.ts';
import { type SimRecord, type SimZone, simRecord } from './sim-zone.ts';

/** A comment, $TTL, a SOA of six lines and two NS are before the records. */
const FIRST_LINE = 10;

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** What DNS::parse_zone shows: names as they are in the file, relative ones without the final dot. */
export function zoneLines(zone: SimZone): unknown[] {
  const apex = `${zone.name}.`;
  const record = (line_index: number, dname: string, record_type: string, ttl: number, data: readonly string[]) => ({
    line_index,
    type: 'record',
    dname_b64: base64(dname),
    dname_raw: dname,
    record_type,
    ttl,
    data_b64: data.map(base64),
  });
  return [
    { line_index: 0, type: 'comment', text_b64: base64('; cPanel first:11.134.0.5') },
    { line_index: 1, type: 'control', text_b64: base64('$TTL 14400') },
    record(2, apex, 'SOA', 86400, [
      `ns1.${apex}`,
      `hostmaster.${apex}`,
      String(zone.serial),
      '3600',
      '1800',
      '1209600',
      '86400',
    ]),
    record(8, apex, 'NS', 86400, [`ns1.${apex}`]),
    record(9, apex, 'NS', 86400, [`ns2.${apex}`]),
    ...zone.records().map(({ name, type, ttl, fields, notes }, index) => {
      const relative = name === zone.name ? apex : name.slice(0, -zone.name.length - 1);
      return record(FIRST_LINE + index, relative, type, ttl, notes.relative === true ? fields : dotted(type, fields));
    }),
  ];
}

function dotted(type: string, fields: readonly string[]): readonly string[] {
  if (!['MX', 'CNAME', 'SRV'].includes(type)) return fields;
  return fields.map((field, index) => (index === fields.length - 1 && !field.endsWith('.') ? `${field}.` : field));
}

/** The records after DNS::mass_edit_zone. Throws CpanelError. */
export function editZone(zone: SimZone, parameters: URLSearchParams): SimRecord[] {
  const before = zone.records();
  const values = (name: string): string[] =>
    [...parameters].flatMap(([key, value]) => (key === name || key.startsWith(`${name}-`) ? [value] : []));
  const at = (line: unknown): SimRecord => {
    const record = isInteger(line) ? before[line - FIRST_LINE] : undefined;
    if (record === undefined) throw new CpanelError(`There is no editable record on line ${String(line)}.`);
    return record;
  };
  const removed = values('remove').map((value) => at(/^\d+$/.test(value) ? Number(value) : value));
  const edited = new Map(
    values('edit').map((value) => {
      const record = objectOf(value, ['line_index', 'dname', 'ttl', 'record_type', 'data']);
      return [at(record.line_index), readRecord(record, zone)] as const;
    }),
  );
  const added = values('add').map((value) =>
    readRecord(objectOf(value, ['dname', 'ttl', 'record_type', 'data']), zone),
  );
  if (removed.length + edited.size + added.length === 0) throw new CpanelError('Provide “add”, “edit” or “remove”.');
  if (removed.some((record) => edited.has(record))) throw new CpanelError('A line is edited and removed at once.');
  const records = before.filter((record) => !removed.includes(record)).map((record) => edited.get(record) ?? record);
  return checked([...records, ...added]);
}

function objectOf(text: string, known: readonly string[]): JsonObject {
  const value = parseJson(text);
  if (!isObject(value)) throw new CpanelError('A record must be a JSON object.');
  const stranger = unknownKey(value, known);
  if (stranger !== undefined) throw new CpanelError(`Unknown property “${stranger}”.`);
  return value;
}

const COUNT: Readonly<Record<string, number>> = { A: 1, AAAA: 1, CNAME: 1, MX: 2, SRV: 4, TLSA: 4 };

function readRecord({ dname, ttl, record_type: type, data }: JsonObject, zone: SimZone): SimRecord {
  if (typeof dname !== 'string' || dname === '' || dname === '@')
    throw new CpanelError(`“${String(dname)}” is not a name.`);
  const name = dname.endsWith('.') ? dname.slice(0, -1).toLowerCase() : `${dname.toLowerCase()}.${zone.name}`;
  if (name !== zone.name && !name.endsWith(`.${zone.name}`)) throw new CpanelError(`“${dname}” is not in the zone.`);
  if (!isInteger(ttl) || ttl < 1) throw new CpanelError(`“${String(ttl)}” is not a valid TTL.`);
  if (!Array.isArray(data) || !data.every((field) => typeof field === 'string')) {
    throw new CpanelError('“data” must be an array of strings.');
  }
  if (typeof type !== 'string' || !(type in COUNT || type === 'TXT'))
    throw new CpanelError(`Unknown type “${String(type)}”.`);
  const fields = data.map(String);
  const valid =
    type === 'TXT'
      ? fields.length > 0 && fields.every((field) => Buffer.byteLength(field) <= 255)
      : fields.length === COUNT[type] && fields.every((field) => /^\S+$/.test(field));
  if (!valid || (type === 'A' && !isIPv4(fields[0] ?? '')) || (type === 'AAAA' && !isIPv6(fields[0] ?? ''))) {
    throw new CpanelError(`“${fields.join(' ')}” is not valid data of ${type}.`);
  }
  return simRecord({ name, type, ttl, fields: absolute(type, fields, zone) });
}

/** A target without the final dot is relative, as in any zone file. */
function absolute(type: string, fields: readonly string[], zone: SimZone): string[] {
  const last = fields.length - 1;
  return fields.map((field, index) =>
    ['MX', 'CNAME', 'SRV'].includes(type) && index === last && !field.endsWith('.') ? `${field}.${zone.name}.` : field,
  );
}

function checked(records: SimRecord[]): SimRecord[] {
  for (const { name } of records.filter(({ type }) => type === 'CNAME')) {
    if (records.filter((record) => record.name === name).length > 1) {
      throw new CpanelError(`The name “${name}.” already has a CNAME record.`);
    }
  }
  return records;
}
