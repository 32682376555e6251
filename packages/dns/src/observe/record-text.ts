import { canonicalRecord, canonicalRrset, dnsName, type LookupType, RR_TYPES, type Rrset } from '@mxodus/model';
import type { Answer } from 'dns-packet';

/** Every type that is asked for. */
export type AskedType = LookupType | 'DS';

/** The canonical text of a record; null: of a type nobody asks for. NS and PTR as CNAME, SOA and DS as in a zone file. */
export function recordText(answer: Answer): string | null {
  switch (answer.type) {
    case 'A':
    case 'AAAA':
      return canonicalRecord(answer.type, answer.data);
    case 'CNAME':
    case 'NS':
    case 'PTR':
      return dnsName(answer.data);
    case 'MX':
      return canonicalRecord('MX', `${answer.data.preference ?? 0} ${answer.data.exchange}`);
    case 'SRV': {
      const { priority = 0, weight = 0, port, target } = answer.data;
      return canonicalRecord('SRV', `${priority} ${weight} ${port} ${target}`);
    }
    case 'TXT':
      return canonicalRecord('TXT', joined(answer.data));
    case 'TLSA': {
      const { usage, selector, matchingType, certificate } = answer.data;
      return canonicalRecord('TLSA', `${usage} ${selector} ${matchingType} ${certificate.toString('hex')}`);
    }
    case 'SOA': {
      const { mname, rname, serial, refresh, retry, expire, minimum } = answer.data;
      return [dnsName(mname), dnsName(rname), serial, refresh, retry, expire, minimum].join(' ');
    }
    case 'DS': {
      const { keyTag, algorithm, digestType, digest } = answer.data;
      return `${keyTag} ${algorithm} ${digestType} ${digest.toString('hex')}`;
    }
    default:
      return null;
  }
}

/** RFC 2181 section 5.2: the TTLs of one RRset are equal; where they are not, the longest is the one to wait for. */
export function toRrset(type: AskedType, answers: readonly Answer[]): Rrset {
  const ttl = Math.max(0, ...answers.map((answer) => ('ttl' in answer ? (answer.ttl ?? 0) : 0)));
  const texts = answers.map(recordText).filter((text) => text !== null);
  const records = [...new Set(texts)];
  const changeable = RR_TYPES.find((one) => one === type);
  return changeable === undefined ? { ttl, records: records.toSorted() } : canonicalRrset(changeable, { ttl, records });
}

/** The strings put together as bytes: a character may be cut in two between them. */
function joined(data: string | Buffer | (string | Buffer)[]): string {
  const strings = Array.isArray(data) ? data : [data];
  return Buffer.concat(strings.map((part) => Buffer.from(part))).toString('utf8');
}
