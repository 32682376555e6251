import { isIPv4, isIPv6 } from 'node:net';
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

/** The RDATA of a record in its canonical text, names without compression. Throws CONFIG_INVALID on what is none. */
export function encodeRecord(type: RrType, text: string): Buffer {
  const fields = text.split(' ');
  const field = (index: number): string => fields[index] ?? '';
  switch (type) {
    case 'MX':
      return Buffer.concat([number(type, field(0), 2), encodeName(field(1))]);
    case 'CNAME':
      return encodeName(text);
    case 'TXT':
      return encodeStrings(cut(Buffer.from(text)));
    case 'A':
      if (!isIPv4(text)) throw notA(type, text);
      return Buffer.from(text.split('.').map(Number));
    case 'AAAA':
      if (!isIPv6(text)) throw notA(type, text);
      return ipv6Bytes(text);
    case 'SRV':
      return Buffer.concat([...[0, 1, 2].map((index) => number(type, field(index), 2)), encodeName(field(3))]);
    case 'TLSA':
      if (!/^([0-9a-f]{2})+$/i.test(field(3))) throw notA(type, text);
      return Buffer.concat([...[0, 1, 2].map((index) => number(type, field(index), 1)), Buffer.from(field(3), 'hex')]);
  }
}

/** RDATA of a TXT. Each string has at most 255 bytes. */
export function encodeStrings(strings: readonly Buffer[]): Buffer {
  return Buffer.concat(strings.flatMap((string) => [Buffer.from([string.length]), string]));
}

function cut(bytes: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  for (let start = 0; start < bytes.length; start += STRING_BYTES)
    parts.push(bytes.subarray(start, start + STRING_BYTES));
  return parts.length === 0 ? [Buffer.alloc(0)] : parts;
}

function number(type: RrType, text: string, size: 1 | 2): Buffer {
  if (!/^\d{1,5}$/.test(text) || Number(text) >= 256 ** size) throw notA(type, text);
  const bytes = Buffer.alloc(size);
  bytes.writeUIntBE(Number(text), 0, size);
  return bytes;
}

function notA(type: RrType, text: string): MxodusError {
  return new MxodusError('CONFIG_INVALID', {
    what: `"${text}" is not what a record of type ${type} can have`,
    why: 'an address, a number or hexadecimal digits of another form are expected there; nothing was sent',
    advice: 'correct the record in the config',
  });
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
