import { MxodusError, type RrType } from '@mxodus/model';
import { encodeName } from '../../wire-name.ts';

export const TYPE_NUMBERS: Readonly<Record<RrType, number>> = {
  A: 1,
  CNAME: 5,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  TLSA: 52,
};

/** A character-string holds so many bytes (RFC 1035 section 3.3). */
const STRING_BYTES = 255;

/** The RDATA of a record in its canonical text, names without compression. */
export function encodeRecord(type: RrType, text: string): Buffer {
  const fields = text.split(' ');
  const field = (index: number): string => fields[index] ?? '';
  switch (type) {
    case 'MX':
      return Buffer.concat([uint16(type, field(0)), encodeName(field(1))]);
    case 'CNAME':
      return encodeName(text);
    case 'TXT':
      return Buffer.concat(strings(Buffer.from(text)).map((part) => Buffer.concat([Buffer.from([part.length]), part])));
    case 'A':
      return Buffer.from(text.split('.').map(Number));
    case 'AAAA':
      return ipv6Bytes(text);
    case 'SRV':
      return Buffer.concat([...[0, 1, 2].map((index) => uint16(type, field(index))), encodeName(field(3))]);
    case 'TLSA':
      return Buffer.concat([Buffer.from(fields.slice(0, 3).map(Number)), Buffer.from(field(3), 'hex')]);
  }
}

function strings(bytes: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  for (let start = 0; start < bytes.length; start += STRING_BYTES)
    parts.push(bytes.subarray(start, start + STRING_BYTES));
  return parts.length === 0 ? [Buffer.alloc(0)] : parts;
}

function uint16(type: RrType, text: string): Buffer {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 0xffff) {
    throw new MxodusError('CONFIG_INVALID', {
      what: `"${text}" is not a number that a record of type ${type} can have`,
      why: 'these numbers go from 0 to 65535',
      advice: 'correct the record in the config',
    });
  }
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

/** An address without embedded IPv4: what `canonicalRecord` gives. */
function ipv6Bytes(text: string): Buffer {
  const groups = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  const [head = '', tail] = text.split('::');
  const [before, after] = [groups(head), groups(tail ?? '')];
  const middle = tail === undefined ? [] : Array<number>(8 - before.length - after.length).fill(0);
  return Buffer.from([...before, ...middle, ...after].flatMap((group) => [group >> 8, group & 0xff]));
}
