import { canonicalRrset, type Rrset, type RrType } from '@mxodus/model';
import { quotedTxt, unquotedTxt } from '../../http/txt-strings.ts';

/** Records as the API writes them: as in a zone file, hosts with a final dot, TXT quoted. */

export function contentOf(type: RrType, record: string): string {
  switch (type) {
    case 'TXT':
      return quotedTxt(record, 10);
    case 'MX':
    case 'CNAME':
    case 'SRV':
      return record.endsWith('.') ? record : `${record}.`;
    case 'A':
    case 'AAAA':
    case 'TLSA':
      return record;
  }
}

export function recordsOf(type: RrType, { ttl, contents }: { ttl: number; contents: readonly string[] }): Rrset {
  const records = type === 'TXT' ? contents.map((content) => unquotedTxt(content, 10)) : contents;
  return canonicalRrset(type, { ttl, records });
}
