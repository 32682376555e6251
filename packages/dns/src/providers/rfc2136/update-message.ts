import type { RrsetChange, RrType } from '@mxodus/model';
import { encodeName } from '../../wire-name.ts';
import { encodeRecord, TYPE_NUMBERS } from './record-data.ts';

/**
 * The wire form of UPDATE (RFC 2136). Written by hand because dns-packet has no class NONE and no record without RDATA, and both are
 * what prerequisites and deletions are made of.
 */

const OPCODE_UPDATE = 5;
const TYPE_SOA = 6;
const CLASS = { in: 1, none: 254, any: 255 } as const;
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

/** All changes of one zone in one message: the server does all of it or nothing (RFC 2136 section 3.7). */
export function updateMessage(id: number, zone: string, changes: readonly RrsetChange[]): Buffer {
  return message(id, zone, { prerequisites: changes.flatMap(prerequisites), updates: changes.flatMap(replacements) });
}

/**
 * The same prerequisites with an update that changes nothing: it deletes a record that is not there, which a server ignores (RFC
 * 2136 section 3.4.2.4) but still holds against its update policy.
 */
export function rehearsalMessage(id: number, zone: string, changes: readonly RrsetChange[]): Buffer {
  return message(id, zone, {
    prerequisites: changes.flatMap(prerequisites),
    updates: changes.map(({ name, type }) =>
      record(name, { type: TYPE_NUMBERS[type], class: CLASS.none, ttl: 0, data: encodeRecord(type, NOBODY[type]) }),
    ),
  });
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

/** "RRset exists and equals" (section 2.4.2), or "RRset does not exist" (2.4.3). The TTL is not part of either. */
function prerequisites({ name, type, before }: RrsetChange): Buffer[] {
  const number = TYPE_NUMBERS[type];
  if (before.records.length === 0) {
    return [record(name, { type: number, class: CLASS.none, ttl: 0, data: NO_DATA })];
  }
  return before.records.map((text) =>
    record(name, { type: number, class: CLASS.in, ttl: 0, data: encodeRecord(type, text) }),
  );
}

/** Deletes the whole RRset, then adds the new one: Knot keeps the old TTL when a record is only added again (seen 2026-11-22). */
function replacements({ name, type, after }: RrsetChange): Buffer[] {
  const number = TYPE_NUMBERS[type];
  const additions = after.records.map((text) =>
    record(name, { type: number, class: CLASS.in, ttl: after.ttl, data: encodeRecord(type, text) }),
  );
  return [record(name, { type: number, class: CLASS.any, ttl: 0, data: NO_DATA }), ...additions];
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
