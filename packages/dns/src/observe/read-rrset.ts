import { dnsName, type Rrset } from '@mxodus/model';
import type { DecodedPacket } from 'dns-packet';
import { rcodeText } from '../rcode.ts';
import type { Reply } from './query.ts';
import { type AskedType, toRrset } from './record-text.ts';

/** What one reply says about one name and type. */
export type Reading =
  | { kind: 'answer'; authoritative: boolean; rrset: Rrset }
  | { kind: 'absent'; authoritative: boolean; negativeTtl: number | null }
  | { kind: 'alias'; authoritative: boolean; target: string; ttl: number }
  | { kind: 'referral'; zone: string; servers: readonly string[]; ttl: number }
  | { kind: 'error'; why: string };

const NOERROR = 0;
const NXDOMAIN = 3;

/** @param asked.name lower-case, without the final dot */
export function readRrset({ packet, rcode }: Reply, { name, type }: { name: string; type: AskedType }): Reading {
  if (rcode !== NOERROR && rcode !== NXDOMAIN) return { kind: 'error', why: `it answered ${rcodeText(rcode)}` };
  const authoritative = packet.flag_aa;
  const answers = (packet.answers ?? []).filter((answer) => dnsName(answer.name) === name);
  const found = answers.filter((answer) => answer.type === type);
  if (found.length > 0) return { kind: 'answer', authoritative, rrset: toRrset(type, found) };
  const { ttl, records } = toRrset(
    'CNAME',
    answers.filter((answer) => answer.type === 'CNAME'),
  );
  const [target] = records;
  if (target !== undefined) return { kind: 'alias', authoritative, target, ttl };
  return readReferral(packet) ?? { kind: 'absent', authoritative, negativeTtl: negativeTtl(packet) };
}

/** The addresses a reply brings along for a name: the glue of a referral. */
export function readGlue({ packet }: Reply, host: string): Rrset {
  const glue = (packet.additionals ?? []).filter(
    (record) => (record.type === 'A' || record.type === 'AAAA') && dnsName(record.name) === host,
  );
  const { ttl, records } = toRrset('NS', glue);
  return { ttl, records };
}

/** The serial of the SOA in the answer section, where there is one. */
export function readSerial({ packet }: Reply): number | null {
  return (packet.answers ?? []).find((record) => record.type === 'SOA')?.data.serial ?? null;
}

/** A resolver that has no answer may name servers too, but it never refers to them. */
function readReferral(packet: DecodedPacket): Extract<Reading, { kind: 'referral' }> | null {
  if (packet.flag_aa || packet.flag_ra) return null;
  const found = (packet.authorities ?? []).filter((record) => record.type === 'NS');
  const [first] = found;
  if (first === undefined) return null;
  const { ttl, records } = toRrset('NS', found);
  return { kind: 'referral', zone: dnsName(first.name), servers: records, ttl };
}

/** RFC 2308 section 5. */
function negativeTtl(packet: DecodedPacket): number | null {
  const soa = (packet.authorities ?? []).find((record) => record.type === 'SOA');
  return soa === undefined ? null : Math.min(soa.ttl ?? 0, soa.data.minimum ?? 0);
}
