import { canonicalRecord, canonicalRrset, dnsName, type Rrset, type RrsetName, type RrType } from '@mxodus/model';
import { z } from 'zod';
import { txtStrings } from '../../http/txt-strings.ts';
import type { FoundChange } from '../../http/zone-guard.ts';
import { odd } from './cpanel-client.ts';

const lineSchema = z.object({
  line_index: z.coerce.number(),
  type: z.string(),
  text_b64: z.string().nullish(),
  dname_b64: z.string().nullish(),
  record_type: z.string().nullish(),
  ttl: z.coerce.number().nullish(),
  data_b64: z.array(z.string()).nullish(),
});

/** One record of the zone file. */
export interface ZoneLine {
  index: number;
  /** As in the file. */
  dname: string;
  /** Absolute, lower-case, without the final dot. */
  name: string;
  type: string;
  ttl: number;
  /** As in the file; TXT without quotes. */
  data: readonly Buffer[];
  /** What names without a final dot are relative to. */
  origin: string;
}

export interface CpanelZone {
  serial: number;
  lines: readonly ZoneLine[];
}

export interface CpanelRrset extends Rrset {
  lines: readonly ZoneLine[];
}

/** @throws DNS_ANSWER it is not a zone */
export function readZone(zone: string, payload: unknown): CpanelZone {
  const about = `the zone ${zone} at cPanel`;
  const { data: parsed } = z.array(lineSchema).safeParse(payload);
  if (parsed === undefined) throw odd(about);
  let origin = dnsName(zone);
  let [defaultTtl, last] = [0, origin];
  const lines: ZoneLine[] = [];
  for (const line of parsed) {
    if (line.type === 'control') {
      const [word = '', value = ''] = decoded(line.text_b64).trim().split(/\s+/);
      if (word.toUpperCase() === '$ORIGIN') origin = absolute(value, origin);
      if (word.toUpperCase() === '$TTL') defaultTtl = Number(value) || defaultTtl;
    }
    if (line.type !== 'record' || typeof line.record_type !== 'string') continue;
    const dname = decoded(line.dname_b64);
    // RFC 1035 section 5.1: no name means that of the record before.
    const name = dname === '' ? last : absolute(dname, origin);
    last = name;
    const data = (line.data_b64 ?? []).map((field) => Buffer.from(field, 'base64'));
    const ttl = line.ttl ?? defaultTtl;
    lines.push({ index: line.line_index, dname, name, type: line.record_type, ttl, data, origin });
  }
  const soa = lines.find(({ type, name }) => type === 'SOA' && name === dnsName(zone));
  const serial = Number(soa?.data[2]?.toString() ?? Number.NaN);
  if (!Number.isInteger(serial)) throw odd(`the serial of ${about}`);
  return { serial, lines };
}

const decoded = (base64: string | null | undefined): string => Buffer.from(base64 ?? '', 'base64').toString();

function absolute(name: string, origin: string): string {
  if (name === '@') return origin;
  return dnsName(name.endsWith('.') ? name : `${name}.${origin}`);
}

export function rrsetOf({ lines }: CpanelZone, { name, type }: RrsetName): CpanelRrset {
  const own = lines.filter((line) => line.name === dnsName(name) && line.type === type);
  const ttl = Math.max(0, ...own.map((line) => line.ttl));
  return { ...canonicalRrset(type, { ttl, records: own.map((line) => textOf(type, line)) }), lines: own };
}

/** Canonical text. */
function textOf(type: RrType, { data, origin }: ZoneLine): string {
  // A character may be cut in two between the strings.
  if (type === 'TXT') return Buffer.concat(data).toString();
  const fields = data.map(String);
  if (type === 'MX' || type === 'CNAME' || type === 'SRV') {
    const target = fields.pop() ?? '.';
    fields.push(target === '.' ? target : absolute(target, origin));
  }
  return canonicalRecord(type, fields.join(' '));
}

/**
 * The parameters of DNS::mass_edit_zone that make the RRsets what they are to be. Each name is absolute: "@" is not understood there
 * (2026-11). Repeated parameters are numbered: add, add-1, …
 */
export function edits(changes: readonly FoundChange<CpanelRrset>[]): [string, string][] {
  const parts = changes.map(({ name, type, live, after }) => {
    const record = (text: string) => ({
      dname: `${dnsName(name)}.`,
      ttl: after.ttl,
      record_type: type,
      data: dataOf(type, text),
    });
    const staying = live.lines.filter((line) => after.records.includes(textOf(type, line)));
    const going = live.lines.filter((line) => !staying.includes(line));
    const coming = after.records.filter((text) => !live.records.includes(text));
    return {
      remove: going.slice(coming.length).map(({ index }) => String(index)),
      edit: [
        ...staying
          .filter(({ ttl }) => ttl !== after.ttl)
          .map((line) => ({ line_index: line.index, ...record(textOf(type, line)) })),
        ...going.slice(0, coming.length).map(({ index }, at) => ({ line_index: index, ...record(coming[at] ?? '') })),
      ],
      add: coming.slice(going.length).map(record),
    };
  });
  const all = (key: 'edit' | 'add'): string[] =>
    parts.flatMap((part) => part[key].map((value) => JSON.stringify(value)));
  return [
    ...numbered(
      'remove',
      parts.flatMap(({ remove }) => remove),
    ),
    ...numbered('edit', all('edit')),
    ...numbered('add', all('add')),
  ];
}

/** An edit of a line to what it is. null: it is not text. */
export function sameEdit({ index, dname, ttl, type, data }: ZoneLine): string | null {
  const fields = data.map(String);
  const isText = fields.every((field, at) => data[at]?.equals(Buffer.from(field)));
  return isText ? JSON.stringify({ line_index: index, dname, ttl, record_type: type, data: fields }) : null;
}

export const numbered = (name: string, values: readonly string[]): [string, string][] =>
  values.map((value, index) => [index === 0 ? name : `${name}-${index}`, value]);

function dataOf(type: RrType, text: string): string[] {
  if (type === 'TXT') return txtStrings(text);
  const fields = text.split(' ');
  if (type !== 'MX' && type !== 'CNAME' && type !== 'SRV') return fields;
  const target = fields.pop() ?? '.';
  return [...fields, target === '.' ? target : `${target}.`];
}
