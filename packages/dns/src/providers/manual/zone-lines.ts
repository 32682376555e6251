import type { Rrset, RrsetChange, RrsetName, RrType } from '@mxodus/model';
import { quotedTxt } from '../../http/txt-strings.ts';

/** A record as a zone file has it (RFC 1035 section 5.1): hosts with their final dot, TXT in strings of 255 bytes at most. */
export function presentation(type: RrType, record: string): string {
  switch (type) {
    case 'TXT':
      return quotedTxt(record, 10);
    case 'MX':
    case 'CNAME':
    case 'SRV':
      return absolute(record);
    case 'A':
    case 'AAAA':
    case 'TLSA':
      return record;
  }
}

export function zoneLines({ name, type }: RrsetName, { ttl, records }: Rrset): string[] {
  return records.map((record) => `${absolute(name)} ${ttl} IN ${type} ${presentation(type, record)}`);
}

/**
 * The prerequisites make it refuse when somebody else changed the records meanwhile. All deletions come first: a CNAME that is added
 * where another record still is would be ignored (RFC 2136 section 3.4.2.2).
 */
export function nsupdateScript(zone: string, changes: readonly RrsetChange[]): string[] {
  return [
    `zone ${absolute(zone)}`,
    ...changes.flatMap(({ name, type, before }) =>
      before.records.length === 0
        ? [`prereq nxrrset ${absolute(name)} ${type}`]
        : before.records.map((record) => `prereq yxrrset ${absolute(name)} IN ${type} ${presentation(type, record)}`),
    ),
    ...changes.map(({ name, type }) => `update delete ${absolute(name)} ${type}`),
    ...changes.flatMap((change) => zoneLines(change, change.after).map((line) => `update add ${line}`)),
    'send',
  ];
}

export function absolute(name: string): string {
  return name.endsWith('.') ? name : `${name}.`;
}
