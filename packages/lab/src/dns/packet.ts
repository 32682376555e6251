/** DNS messages on the wire (RFC 1035): the few types the lab's sender and its updates need. */

export const DNS_TYPES = { A: 1, NS: 2, CNAME: 5, SOA: 6, MX: 15, TXT: 16, AAAA: 28 } as const;
export type DnsType = keyof typeof DNS_TYPES;

export interface DnsRecord {
  /** Lower case, no final dot. */
  name: string;
  /** 'TYPE250' and so on for one that is not in DNS_TYPES. */
  type: string;
  /** Seconds. */
  ttl: number;
  /** A: the address. MX: 'preference host'. NS, CNAME: the name. SOA: the serial. TXT: the joined text. Else hex. */
  data: string;
}

export interface DnsMessage {
  id: number;
  /** 0 NOERROR, 2 SERVFAIL, 3 NXDOMAIN, 5 REFUSED, 9 NOTAUTH. */
  rcode: number;
  authoritative: boolean;
  answers: DnsRecord[];
}

/** A name as length-prefixed labels, lower case. */
export function encodeName(name: string): Buffer {
  const labels = name.toLowerCase().replace(/\.$/, '').split('.').filter(Boolean);
  return Buffer.concat([
    ...labels.map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label, 'latin1')])),
    Buffer.from([0]),
  ]);
}

/** Big-endian numbers of two bytes each. */
export function words(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 2);
  for (const [at, value] of values.entries()) bytes.writeUInt16BE(value, at * 2);
  return bytes;
}

export function encodeQuery(id: number, name: string, type: DnsType): Buffer {
  const recursionDesired = 0x0100;
  return Buffer.concat([words(id, recursionDesired, 1, 0, 0, 0), encodeName(name), words(DNS_TYPES[type], 1)]);
}

/** Reads header and answer section. Throws RangeError on a cut-off message. */
export function decodeMessage(bytes: Buffer): DnsMessage {
  const flags = bytes.readUInt16BE(2);
  let offset = 12;
  for (let question = bytes.readUInt16BE(4); question > 0; question--) offset = readName(bytes, offset).next + 4;
  const answers: DnsRecord[] = [];
  for (let answer = bytes.readUInt16BE(6); answer > 0; answer--) {
    const { name, next } = readName(bytes, offset);
    const type = bytes.readUInt16BE(next);
    const length = bytes.readUInt16BE(next + 8);
    answers.push({
      name,
      type: Object.entries(DNS_TYPES).find(([, number]) => number === type)?.[0] ?? `TYPE${type}`,
      ttl: bytes.readUInt32BE(next + 4),
      data: readData(bytes, type, next + 10, length),
    });
    offset = next + 10 + length;
  }
  return { id: bytes.readUInt16BE(0), rcode: flags & 0x0f, authoritative: (flags & 0x0400) !== 0, answers };
}

function readName(bytes: Buffer, start: number): { name: string; next: number } {
  const labels: string[] = [];
  let offset = start;
  let next = -1;
  for (let jumps = 0; jumps < 64; ) {
    const length = bytes.readUInt8(offset);
    if (length === 0) return { name: labels.join('.').toLowerCase(), next: next === -1 ? offset + 1 : next };
    if (length >= 0xc0) {
      if (next === -1) next = offset + 2;
      offset = bytes.readUInt16BE(offset) & 0x3fff;
      jumps++;
    } else {
      labels.push(bytes.toString('latin1', offset + 1, offset + 1 + length));
      offset += 1 + length;
    }
  }
  throw new RangeError('A DNS name points at itself.');
}

function readData(bytes: Buffer, type: number, offset: number, length: number): string {
  switch (type) {
    case DNS_TYPES.A:
      return [...bytes.subarray(offset, offset + 4)].join('.');
    case DNS_TYPES.NS:
    case DNS_TYPES.CNAME:
      return readName(bytes, offset).name;
    case DNS_TYPES.MX:
      return `${bytes.readUInt16BE(offset)} ${readName(bytes, offset + 2).name}`;
    case DNS_TYPES.SOA: {
      const primary = readName(bytes, offset);
      return String(bytes.readUInt32BE(readName(bytes, primary.next).next));
    }
    case DNS_TYPES.TXT: {
      let text = '';
      for (let at = offset; at < offset + length; at += 1 + bytes.readUInt8(at)) {
        text += bytes.toString('utf8', at + 1, at + 1 + bytes.readUInt8(at));
      }
      return text;
    }
    default:
      return bytes.toString('hex', offset, offset + length);
  }
}

/** Record data on the wire, from the text form of DnsRecord.data. */
export function encodeData(type: DnsType, data: string): Buffer {
  switch (type) {
    case 'A':
      return Buffer.from(data.split('.').map(Number));
    case 'NS':
    case 'CNAME':
      return encodeName(data);
    case 'MX': {
      const [preference = '', host = ''] = data.split(' ');
      return Buffer.concat([words(Number(preference)), encodeName(host)]);
    }
    case 'TXT': {
      const strings = data.match(/.{1,255}/gs) ?? [''];
      return Buffer.concat(
        strings.map((text) => Buffer.concat([Buffer.from([text.length]), Buffer.from(text, 'latin1')])),
      );
    }
    case 'SOA':
    case 'AAAA':
      throw new Error(`The lab does not write ${type} records.`);
  }
}
