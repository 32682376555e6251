import { dnsName, type MxRrset, sortMx } from '@mxodus/model';
import type { Answer, DecodedPacket } from 'dns-packet';
import { rcodeText } from '../rcode.ts';
import type { Reply } from './query.ts';

/** What one reply to an MX question says. */
export type MxReading =
  | { kind: 'answer'; authoritative: boolean; mx: MxRrset }
  | { kind: 'absent'; authoritative: boolean; negativeTtl: number | null }
  | { kind: 'error'; why: string };

const NOERROR = 0;
const NXDOMAIN = 3;

export function readMx({ packet, rcode }: Reply, domain: string): MxReading {
  if (rcode !== NOERROR && rcode !== NXDOMAIN) {
    return { kind: 'error', why: `it answered ${rcodeText(rcode)}` };
  }
  const answers = (packet.answers ?? []).filter((answer) => dnsName(answer.name) === dnsName(domain));
  const alias = answers.find((answer) => answer.type === 'CNAME');
  if (alias !== undefined) return { kind: 'error', why: `${domain} is an alias (CNAME), which cannot have an MX` };
  const found = answers.filter((answer) => answer.type === 'MX');
  if (found.length > 0) return { kind: 'answer', authoritative: packet.flag_aa, mx: toRrset(found) };
  if (isReferral(packet))
    return { kind: 'error', why: 'it refers to other servers: it does not serve the zone (lame)' };
  return { kind: 'absent', authoritative: packet.flag_aa, negativeTtl: negativeTtl(packet) };
}

function toRrset(answers: readonly Extract<Answer, { type: 'MX' }>[]): MxRrset {
  return {
    // RFC 2181 section 5.2: the TTLs of one RRset are equal; where they are not, the longest is the one to wait for.
    ttl: Math.max(...answers.map((answer) => answer.ttl ?? 0)),
    records: sortMx(answers.map(({ data }) => ({ host: data.exchange, preference: data.preference ?? 0 }))),
  };
}

function isReferral(packet: DecodedPacket): boolean {
  return !packet.flag_aa && !packet.flag_ra && (packet.authorities ?? []).some((record) => record.type === 'NS');
}

function negativeTtl(packet: DecodedPacket): number | null {
  const soa = (packet.authorities ?? []).find((record) => record.type === 'SOA');
  return soa === undefined ? null : Math.min(soa.ttl ?? 0, soa.data.minimum ?? 0);
}

/** The serial of the SOA in the answer section, where there is one. */
export function readSerial({ packet }: Reply): number | null {
  return (packet.answers ?? []).find((record) => record.type === 'SOA')?.data.serial ?? null;
}
