import type { Zone, ZoneRecord } from '@mxodus/lab';
import { dnsName, type RrsetPlan } from '@mxodus/model';
import type { SimWorld } from './world-of.ts';

/** Seconds: what records have before the cutover, and the addresses of hosts throughout. */
export const SIM_TTL = 8;
const ADDRESS_TTL = 2;

/** The zones of the plan as they are before the cutover, and one for each mail host that is in none of them. */
export function zonesOf({ domains, hosts }: Pick<SimWorld, 'domains' | 'hosts'>): Zone[] {
  const zones = new Map<string, ZoneRecord[]>();
  for (const { zone } of domains) zones.set(dnsName(zone), []);
  for (const { host, address } of hosts) {
    const zone = zoneOf(host, [...zones.keys()]) ?? host;
    const records = zones.get(zone) ?? [];
    records.push({ name: absolute(host), type: 'A', ttl: ADDRESS_TTL, data: address });
    zones.set(zone, records);
  }
  for (const { domain, zone, before, others } of domains) {
    const records = zones.get(dnsName(zone)) ?? [];
    for (const { host, preference } of before) {
      records.push({ name: absolute(domain), type: 'MX', ttl: SIM_TTL, data: `${preference} ${absolute(host)}` });
    }
    records.push(...others.flatMap(recordsBefore));
  }
  return [...zones].map(([zone, records]) => ({ zone, records }));
}

/** The closest zone a name is in. */
function zoneOf(name: string, zones: readonly string[]): string | undefined {
  return zones.filter((zone) => name === zone || name.endsWith(`.${zone}`)).toSorted((a, b) => b.length - a.length)[0];
}

const recordsBefore = ({ name, type, before }: RrsetPlan): ZoneRecord[] =>
  before.records.map((record) => ({ name: absolute(name), type, ttl: SIM_TTL, data: zoneData(type, record) }));

/** The canonical text of a record (model) as a master file has it. */
export function zoneData(type: RrsetPlan['type'], record: string): string {
  switch (type) {
    case 'TXT':
      return characterStrings(record);
    case 'CNAME':
      return absolute(record);
    case 'MX':
    case 'SRV': {
      const fields = record.split(' ');
      return [...fields.slice(0, -1), absolute(fields.at(-1) ?? '')].join(' ');
    }
    case 'A':
    case 'AAAA':
    case 'TLSA':
      return record;
  }
}

const LONGEST_STRING = 255;

/** Strings of at most 255 bytes (RFC 1035 section 3.3.14), what is not plain as \DDD. */
function characterStrings(text: string): string {
  const bytes = [...Buffer.from(text)];
  const strings: string[] = [];
  for (let at = 0; at < bytes.length || at === 0; at += LONGEST_STRING) {
    strings.push(
      `"${bytes
        .slice(at, at + LONGEST_STRING)
        .map(plainByte)
        .join('')}"`,
    );
  }
  return strings.join(' ');
}

function plainByte(byte: number): string {
  const character = String.fromCharCode(byte);
  return /^[\x20-\x7e]$/.test(character) && !/["\\]/.test(character) ? character : `\\${String(byte).padStart(3, '0')}`;
}

const absolute = (name: string): string => (name === '.' ? '.' : `${dnsName(name)}.`);
