import { randomUUID } from 'node:crypto';
import { canonicalRecord, canonicalRrset, dnsName, RR_TYPES, type Rrset, type RrType } from '@mxodus/model';

/** One record as a person or an API wrote it: dots, case and strings are kept. */
export interface SimRecord {
  /** The service's own name for it. */
  id: string;
  /** Lower-case, without the final dot. */
  name: string;
  type: string;
  ttl: number;
  /** The fields of its presentation form (RFC 1035 section 5.1), TXT as its character-strings without quotes. */
  fields: readonly string[];
  /** What the service keeps beside it: a comment, a flag. */
  notes: Readonly<Record<string, unknown>>;
}

export type NewRecord = Omit<SimRecord, 'id' | 'notes'> & { notes?: SimRecord['notes'] };

/** The records of one zone of a DNS service, which tests can look at and edit behind the back of who uses the API. */
export class SimZone {
  readonly name: string;
  #records: readonly SimRecord[];
  #serial = 2026110100;
  readonly #etags = new Map<string, string>();
  readonly #listeners: ((records: readonly SimRecord[]) => void)[] = [];

  constructor(name: string, records: readonly NewRecord[]) {
    this.name = dnsName(name);
    this.#records = records.map(simRecord);
  }

  get serial(): number {
    return this.#serial;
  }

  records(): readonly SimRecord[] {
    return this.#records;
  }

  rrset(name: string, type: RrType): Rrset {
    const found = this.of(name, type);
    const records = found.map(canonicalText);
    return canonicalRrset(type, { ttl: Math.max(0, ...found.map(({ ttl }) => ttl)), records });
  }

  of(name: string, type: string): SimRecord[] {
    return this.#records.filter((record) => record.name === dnsName(name) && record.type === type);
  }

  /** Changes with each change of the RRset. */
  etag(name: string, type: string): string {
    const key = `${dnsName(name)}/${type}`;
    const etag = this.#etags.get(key) ?? randomUUID();
    this.#etags.set(key, etag);
    return etag;
  }

  /** By hand: replaces the RRset. Records in canonical text, or as written. */
  edit(name: string, type: RrType, { ttl, records }: Rrset): void {
    const others = this.#records.filter((record) => record.name !== dnsName(name) || record.type !== type);
    const added = records.map((text) => simRecord({ name, type, ttl, fields: fieldsOf(type, text) }));
    this.commit([...others, ...added]);
  }

  /** All at once. */
  commit(records: readonly SimRecord[]): void {
    const before = this.#records;
    this.#records = records;
    this.#serial += 1;
    for (const key of changedSets(before, records)) this.#etags.set(key, randomUUID());
    for (const listener of this.#listeners) listener(records);
  }

  /** Called after each change, whoever made it. */
  onChange(listener: (records: readonly SimRecord[]) => void): void {
    this.#listeners.push(listener);
  }
}

export function simRecord({ name, notes = {}, ...rest }: NewRecord): SimRecord {
  return { ...rest, name: dnsName(name), id: randomUUID().replaceAll('-', ''), notes };
}

/** Text of one record, for zone files too but for TXT. */
export function canonicalText({ type, fields }: SimRecord): string {
  const text = fields.join(type === 'TXT' ? '' : ' ');
  return isRrType(type) ? canonicalRecord(type, text) : text;
}

export function fieldsOf(type: string, text: string): string[] {
  return type === 'TXT' ? (text.match(/.{1,60}/gsu) ?? ['']) : text.trim().split(/\s+/);
}

export const isRrType = (type: string): type is RrType => RR_TYPES.some((known) => known === type);

/** Whether a name is the zone's own or below it. */
export const isInside = (zone: SimZone, name: string): boolean =>
  dnsName(name) === zone.name || dnsName(name).endsWith(`.${zone.name}`);

function changedSets(before: readonly SimRecord[], after: readonly SimRecord[]): Set<string> {
  const text = (records: readonly SimRecord[], key: string): string =>
    records
      .filter(({ name, type }) => `${name}/${type}` === key)
      .map(({ ttl, fields, notes }) => JSON.stringify([ttl, fields, notes]))
      .toSorted()
      .join();
  const keys = new Set([...before, ...after].map(({ name, type }) => `${name}/${type}`));
  return new Set([...keys].filter((key) => text(before, key) !== text(after, key)));
}
