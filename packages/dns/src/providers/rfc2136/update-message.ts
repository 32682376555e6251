import { dnsName, RR_TYPES, type RrsetChange, type RrType } from '@mxodus/model';
import { encodeName } from '../../wire-name.ts';
import type { LiveChange } from './live-rrset.ts';
import { encodeRecord, TYPE_NUMBERS } from './record-data.ts';

/**
 * The wire form of UPDATE (RFC 2136). Written by hand because dns-packet has no class NONE and no record without RDATA, and both are
 * what prerequisites and deletions are made of.
 */

const OPCODE_UPDATE = 5;
const TYPE_SOA = 6;
const TYPE_ANY = 255;
const CLASS = { in: 1, none: 254, any: 255 } as const;
/** What else is found beside an address: NS, PTR, HINFO, RP, LOC, NAPTR, DNAME, DS, SSHFP, SMIMEA, OPENPGPKEY, SVCB, HTTPS, SPF, URI, CAA. */
const OTHER_TYPES = [2, 12, 13, 17, 29, 35, 39, 43, 44, 53, 61, 64, 65, 99, 256, 257];
const NO_DATA = Buffer.alloc(0);

/** Records that are nowhere: what a rehearsal deletes. */
const NOBODY: Readonly<Record<RrType, string>> = {
  MX: '65535 rehearsal.mxodus.invalid',
  TXT: 'mxodus-rehearsal',
  CNAME: 'rehearsal.mxodus.invalid',
  A: '192.0.2.255',
  AAAA: '2001:db8::ffff',
  SRV: '65535 0 1 rehearsal.mxodus.invalid',
  TLSA: '3 1 1 00',
};

/**
 * All changes of one zone in one message: the server does all of it or nothing (RFC 2136 section 3.7). Deletions come first: a CNAME
 * that is added where another record still is, and the other way round, is ignored without a word (section 3.4.2.2).
 */
export function updateMessage(id: number, zone: string, changes: readonly LiveChange[]): Buffer {
  const updates = [...changes.map(deletion), ...changes.flatMap(additions)];
  return message(id, zone, { prerequisites: prerequisites(changes), updates });
}

/** The same prerequisites with an update that changes nothing. */
export function rehearsalMessage(id: number, zone: string, changes: readonly LiveChange[]): Buffer {
  return message(id, zone, { prerequisites: prerequisites(changes), updates: changes.map(nothing) });
}

/** An update that changes nothing, whatever is there. */
export function permissionMessage(id: number, zone: string, changes: readonly RrsetChange[]): Buffer {
  return message(id, zone, { prerequisites: [], updates: changes.map(nothing) });
}

/** Deletes a record that is not there, which a server ignores (RFC 2136 section 3.4.2.4) but still holds against its update policy. */
function nothing({ name, type }: RrsetChange): Buffer {
  const data = encodeRecord(type, NOBODY[type]);
  return record(name, { type: TYPE_NUMBERS[type], class: CLASS.none, ttl: 0, data });
}

function message(id: number, zone: string, parts: { prerequisites: Buffer[]; updates: Buffer[] }): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt16BE(id, 0);
  header.writeUInt16BE(OPCODE_UPDATE << 11, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(parts.prerequisites.length, 6);
  header.writeUInt16BE(parts.updates.length, 8);
  const zoneSection = [encodeName(zone), uint16(TYPE_SOA), uint16(CLASS.in)];
  return Buffer.concat([header, ...zoneSection, ...parts.prerequisites, ...parts.updates]);
}

function prerequisites(changes: readonly LiveChange[]): Buffer[] {
  return [...changes.flatMap(guard), ...changes.flatMap((change) => besideAlias(change, changes))];
}

/** "RRset exists and equals" (section 2.4.2), or "RRset does not exist" (2.4.3). The TTL is not part of either. */
function guard({ name, type, live }: LiveChange): Buffer[] {
  if (live.data.length === 0) return [absent(name, TYPE_NUMBERS[type])];
  return live.data.map(({ data }) => record(name, { type: TYPE_NUMBERS[type], class: CLASS.in, ttl: 0, data }));
}

/** What must not be there for a new RRset to be taken: nothing beside a CNAME, and no CNAME beside anything. */
function besideAlias({ name, type, live, after }: LiveChange, all: readonly LiveChange[]): Buffer[] {
  if (live.data.length > 0 || after.records.length === 0) return [];
  const others = all.filter((other) => dnsName(other.name) === dnsName(name) && other.type !== type);
  const inBatch = (one: RrType): boolean => others.some((other) => other.type === one);
  if (type !== 'CNAME') return inBatch('CNAME') ? [] : [absent(name, TYPE_NUMBERS.CNAME)];
  // "Name is not in use" (section 2.4.5) cannot be said of a name whose other records go with this change.
  if (others.length === 0) return [absent(name, TYPE_ANY)];
  const staying = RR_TYPES.filter((one) => one !== 'CNAME' && !inBatch(one)).map((one) => TYPE_NUMBERS[one]);
  return [...staying, ...OTHER_TYPES].map((one) => absent(name, one));
}

function absent(name: string, type: number): Buffer {
  return record(name, { type, class: CLASS.none, ttl: 0, data: NO_DATA });
}

function deletion({ name, type }: LiveChange): Buffer {
  return record(name, { type: TYPE_NUMBERS[type], class: CLASS.any, ttl: 0, data: NO_DATA });
}

/** The whole RRset, after its deletion: Knot keeps the old TTL when a record is only added again (seen 2026-11-22). */
function additions({ name, type, live, after }: LiveChange): Buffer[] {
  // A record that stays, stays to the byte.
  const dataOf = (text: string): Buffer => live.data.find((one) => one.text === text)?.data ?? encodeRecord(type, text);
  return after.records.map((text) =>
    record(name, { type: TYPE_NUMBERS[type], class: CLASS.in, ttl: after.ttl, data: dataOf(text) }),
  );
}

function record(name: string, parts: { type: number; class: number; ttl: number; data: Buffer }): Buffer {
  const ttl = Buffer.alloc(4);
  ttl.writeUInt32BE(parts.ttl);
  return Buffer.concat([
    encodeName(name),
    uint16(parts.type),
    uint16(parts.class),
    ttl,
    uint16(parts.data.length),
    parts.data,
  ]);
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}
