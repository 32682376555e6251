import { createHmac, randomInt } from 'node:crypto';
import { type DnsAddress, exchange } from './exchange.ts';
import { DNS_TYPES, type DnsType, encodeData, encodeName, words } from './packet.ts';

export interface TsigKey {
  name: string;
  algorithm: 'hmac-sha256';
  /** Base64. */
  secret: string;
}

export interface ZoneChange {
  zone: string;
  /** RRsets to take away whole; names are absolute. */
  remove?: readonly { name: string; type: DnsType }[];
  /** Records to add; data as in DnsRecord. */
  add?: readonly { name: string; type: DnsType; ttl: number; data: string }[];
}

const CLASS_IN = 1;
const CLASS_ANY = 255;
const TYPE_TSIG = 250;

/**
 * Changes a zone by a signed dynamic update (RFC 2136, RFC 8945): for tests in which somebody else edits the zone. Returns
 * the server's rcode, 0 when it was done. Unsigned when `key` is null.
 */
export async function updateZone(server: DnsAddress, key: TsigKey | null, change: ZoneChange): Promise<number> {
  const updates = [
    ...(change.remove ?? []).map(({ name, type }) => record(name, DNS_TYPES[type], CLASS_ANY, 0, Buffer.alloc(0))),
    ...(change.add ?? []).map(({ name, type, ttl, data }) =>
      record(name, DNS_TYPES[type], CLASS_IN, ttl, encodeData(type, data)),
    ),
  ];
  const id = randomInt(0x10000);
  const opcodeUpdate = 5 << 11;
  const body = Buffer.concat([encodeName(change.zone), words(DNS_TYPES.SOA, CLASS_IN), ...updates]);
  const unsigned = Buffer.concat([words(id, opcodeUpdate, 1, 0, updates.length, 0), body]);
  if (!key) return (await exchange(server, unsigned, 5000)).rcode;
  const signed = Buffer.concat([words(id, opcodeUpdate, 1, 0, updates.length, 1), body, tsig(key, id, unsigned)]);
  return (await exchange(server, signed, 5000)).rcode;
}

function record(name: string, type: number, dnsClass: number, ttl: number, data: Buffer): Buffer {
  const time = Buffer.alloc(4);
  time.writeUInt32BE(ttl);
  return Buffer.concat([encodeName(name), words(type, dnsClass), time, words(data.length), data]);
}

function tsig(key: TsigKey, id: number, message: Buffer): Buffer {
  const algorithm = encodeName(key.algorithm);
  const signedAt = Buffer.alloc(6);
  signedAt.writeUIntBE(Math.floor(Date.now() / 1000), 0, 6);
  const fudge = words(300);
  const variables = Buffer.concat([
    encodeName(key.name),
    words(CLASS_ANY, 0, 0),
    algorithm,
    signedAt,
    fudge,
    words(0, 0),
  ]);
  const mac = createHmac('sha256', Buffer.from(key.secret, 'base64')).update(message).update(variables).digest();
  const data = Buffer.concat([algorithm, signedAt, fudge, words(mac.length), mac, words(id, 0, 0)]);
  return record(key.name, TYPE_TSIG, CLASS_ANY, 0, data);
}
