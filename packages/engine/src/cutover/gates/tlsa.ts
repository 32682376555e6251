import type { HostFacts } from '../facts.ts';
import { type Finding, recordsOf } from './findings.ts';

/** Whether the TLSA records of a host name the certificate it shows: senders that know DANE refuse it otherwise (RFC 7672). */
export function tlsaFindings({ host, tlsa, addresses }: HostFacts, isExpected: boolean): Finding[] {
  if (tlsa.kind === 'error') {
    const why = `the TLSA records of ${host} could not be looked up: ${tlsa.why}`;
    const fix =
      'repair its name servers: senders that know DANE do not deliver while that fails (RFC 7672 section 2.1)';
    return [{ status: isExpected ? 'unknown' : 'amber', why, fix }];
  }
  const records = recordsOf(tlsa).map(recordOf);
  if (records.length === 0) {
    const fix = `publish TLSA records at _25._tcp.${host}, or set cutover.probe.dane to false`;
    return isExpected ? [{ status: 'amber', why: `${host} has no TLSA records`, fix }] : [];
  }
  const usable = records.filter(({ usage }) => usage === 2 || usage === 3);
  return addresses.flatMap(({ address, greeting }): Finding[] => {
    if (greeting.kind === 'unreachable' || usable.length === 0) return [];
    const { tls } = greeting;
    if (tls === null || typeof tls === 'string') {
      const why = `${host} (${address}) has TLSA records, but no TLS: senders that know DANE refuse it`;
      return [{ status: 'red', why, fix: 'repair TLS, or remove the TLSA records' }];
    }
    const { sha256, publicKeySha256 } = tls.certificate;
    const comparable = usable.filter((record) => record.usage === 3 && record.matching === 1);
    const names = ({ selector, hash }: TlsaRecord): boolean => hash === (selector === 0 ? sha256 : publicKeySha256);
    if (comparable.some(names)) return [];
    if (comparable.length < usable.length) {
      const why = `the TLSA records of ${host} are of a kind that is not compared here (only 3 0 1 and 3 1 1 are)`;
      return [{ status: 'amber', why, fix: 'compare them with the certificate by hand' }];
    }
    const why = `the TLSA records of ${host} do not name the certificate of ${address}: senders that know DANE refuse it`;
    return [{ status: 'red', why, fix: `publish "3 1 1 ${publicKeySha256}" at _25._tcp.${host}` }];
  });
}

interface TlsaRecord {
  usage: number;
  selector: number;
  matching: number;
  hash: string;
}

/** @param text canonical: "3 1 1 <hex>" */
function recordOf(text: string): TlsaRecord {
  const [usage = '', selector = '', matching = '', hash = ''] = text.split(' ');
  return { usage: Number(usage), selector: Number(selector), matching: Number(matching), hash };
}
