import { createHmac, timingSafeEqual } from 'node:crypto';
import { encodeName } from '../../wire-name.ts';

/** Transaction signatures (RFC 8945): one key signs the request, and the answer is bound to that signature. */

export interface TsigKey {
  name: string;
  algorithm: 'hmac-sha256' | 'hmac-sha512';
  secret: Buffer;
}

export interface SignedMessage {
  bytes: Buffer;
  mac: Buffer;
}

export type VerifiedAnswer =
  /** The MAC is right: the answer is the server's own. `tsigError` may still be BADTIME. */
  | { kind: 'signed'; rcode: number; tsigError: number; serverTime: number | null }
  /** Not signed, or signed without a MAC: true of refusals of the key itself, and of anybody's forgery. */
  | { kind: 'unsigned'; rcode: number; tsigError: number | null }
  | { kind: 'wrong-mac' };

const TYPE_TSIG = 250;
const CLASS_ANY = 255;
const FUDGE_SECONDS = 300;
const HEADER_BYTES = 12;

/** @param time seconds since the epoch; servers refuse what is more than 300 s off their clock. */
export function signMessage(message: Buffer, key: TsigKey, time: number): SignedMessage {
  const timer = timeAndFudge(time);
  const mac = hmac(key, [message, ...variables(key, timer, { error: 0, other: Buffer.alloc(0) })]);
  const data = Buffer.concat([
    encodeName(key.algorithm),
    timer,
    uint16(mac.length),
    mac,
    message.subarray(0, 2),
    uint16(0),
    uint16(0),
  ]);
  const record = [
    encodeName(key.name),
    uint16(TYPE_TSIG),
    uint16(CLASS_ANY),
    Buffer.alloc(4),
    uint16(data.length),
    data,
  ];
  return { bytes: withAdditionals(Buffer.concat([message, ...record]), additionals(message) + 1), mac };
}

/** Checks the answer against the request's MAC (RFC 8945 section 5.3.1). Throws a RangeError on bytes that are not DNS. */
export function verifyAnswer(answer: Buffer, key: TsigKey, requestMac: Buffer): VerifiedAnswer {
  const rcode = answer.readUInt16BE(2) & 0x0f;
  const tsig = findTsig(answer);
  if (tsig === null) return { kind: 'unsigned', rcode, tsigError: null };
  if (tsig.mac.length === 0) return { kind: 'unsigned', rcode, tsigError: tsig.error };
  const unsigned = withAdditionals(answer.subarray(0, tsig.start), additionals(answer) - 1);
  unsigned.writeUInt16BE(tsig.originalId, 0);
  const parts = [uint16(requestMac.length), requestMac, unsigned, ...variables(key, tsig.timer, tsig)];
  const expected = hmac(key, parts);
  if (expected.length !== tsig.mac.length || !timingSafeEqual(expected, tsig.mac)) return { kind: 'wrong-mac' };
  return { kind: 'signed', rcode, tsigError: tsig.error, serverTime: serverTime(tsig.other) };
}

function variables(key: TsigKey, timer: Buffer, rest: { error: number; other: Buffer }): Buffer[] {
  const { error, other } = rest;
  const name = encodeName(key.name);
  return [
    name,
    uint16(CLASS_ANY),
    Buffer.alloc(4),
    encodeName(key.algorithm),
    timer,
    uint16(error),
    uint16(other.length),
    other,
  ];
}

interface TsigRecord {
  /** Where the record begins in the message. */
  start: number;
  timer: Buffer;
  mac: Buffer;
  originalId: number;
  error: number;
  other: Buffer;
}

/** The TSIG is the last record of the message (RFC 8945 section 5.1). */
function findTsig(message: Buffer): TsigRecord | null {
  let offset = HEADER_BYTES;
  for (let left = message.readUInt16BE(4); left > 0; left -= 1) offset = skipName(message, offset) + 4;
  const records = message.readUInt16BE(6) + message.readUInt16BE(8) + additionals(message);
  let start = offset;
  for (let left = records; left > 0; left -= 1) {
    start = offset;
    const fixed = skipName(message, offset);
    offset = fixed + 10 + message.readUInt16BE(fixed + 8);
  }
  if (records === 0) return null;
  const fixed = skipName(message, start);
  return message.readUInt16BE(fixed) === TYPE_TSIG ? readTsig(message, start, fixed + 10) : null;
}

function readTsig(message: Buffer, start: number, data: number): TsigRecord {
  const timer = skipName(message, data);
  const macLength = message.readUInt16BE(timer + 8);
  const afterMac = timer + 10 + macLength;
  const otherLength = message.readUInt16BE(afterMac + 4);
  return {
    start,
    timer: message.subarray(timer, timer + 8),
    mac: message.subarray(timer + 10, afterMac),
    originalId: message.readUInt16BE(afterMac),
    error: message.readUInt16BE(afterMac + 2),
    other: message.subarray(afterMac + 6, afterMac + 6 + otherLength),
  };
}

function skipName(message: Buffer, start: number): number {
  let offset = start;
  for (;;) {
    const length = message.readUInt8(offset);
    if (length === 0) return offset + 1;
    if ((length & 0xc0) === 0xc0) return offset + 2;
    offset += length + 1;
  }
}

/** With BADTIME the server puts its own clock into the other data (RFC 8945 section 5.2.3). */
function serverTime(other: Buffer): number | null {
  return other.length === 6 ? other.readUIntBE(0, 6) : null;
}

function timeAndFudge(time: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUIntBE(time, 0, 6);
  bytes.writeUInt16BE(FUDGE_SECONDS, 6);
  return bytes;
}

function additionals(message: Buffer): number {
  return message.readUInt16BE(10);
}

function withAdditionals(message: Buffer, count: number): Buffer {
  const copy = Buffer.from(message);
  copy.writeUInt16BE(count, 10);
  return copy;
}

function hmac(key: TsigKey, parts: readonly Buffer[]): Buffer {
  const digest = createHmac(key.algorithm.slice('hmac-'.length), key.secret);
  for (const part of parts) digest.update(part);
  return digest.digest();
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}
