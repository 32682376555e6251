import { type DnsEndpoint, dnsName, type RrsetName, sameRecords } from '@mxodus/model';
import { type QueryLimits, query } from './query.ts';
import { type Reading, readRrset, readSerial } from './read-rrset.ts';

/** What one server serves of an RRset. */
export type Served = Extract<Reading, { kind: 'answer' | 'absent' }> | { kind: 'error'; why: string };

type Transport = 'udp' | 'tcp';

/**
 * Asks over UDP and TCP, which must agree on the records; of their TTLs the longest is taken. An address on the Internet is asked once
 * more: behind one address of an anycast pool are many servers, and a change reaches one after the other.
 */
export async function observeServer(
  server: DnsEndpoint,
  { zone, name, type }: RrsetName & { zone: string },
  options: QueryLimits & { signal: AbortSignal },
): Promise<{ served: Served; serial: number | null }> {
  const asked = { name: dnsName(name), type };
  const ask = async (transport: Transport): Promise<Served> => {
    const reply = await query(server, { ...asked, transport, recurse: false }, options);
    return plainly(readRrset(reply, asked), { ...asked, zone: dnsName(zone) });
  };
  const samples: readonly Transport[] = isLoopback(server.address) ? ['udp', 'tcp'] : ['udp', 'tcp', 'udp'];
  const sample = (): Promise<Served[]> => Promise.all(samples.map(ask));
  const first = await sample();
  const soa = await query(server, { name: dnsName(zone), type: 'SOA', transport: 'udp', recurse: false }, options);
  // The zone may have changed between the questions: only a second disagreement counts.
  const settled = agree(first) ? first : await sample();
  return { served: agree(settled) ? longest(settled) : disagreement(settled, samples), serial: readSerial(soa) };
}

/** Without what an RRset that is to be changed cannot be. */
export function plainly(reading: Reading, { name, type, zone }: RrsetName & { zone: string }): Served {
  switch (reading.kind) {
    case 'alias':
      // An alias has nothing beside it (RFC 1034 section 3.6.2): whatever is asked for is not there. Mail has to go somewhere, though.
      return type === 'MX'
        ? { kind: 'error', why: `${name} is an alias (CNAME of ${reading.target}), which cannot have a ${type}` }
        : { kind: 'absent', authoritative: reading.authoritative, negativeTtl: reading.ttl };
    case 'referral': {
      const isBelow = reading.zone.endsWith(`.${zone}`);
      const why = isBelow
        ? `${name} is not in the zone ${zone}: ${reading.zone} is delegated to ${reading.servers.join(', ')}`
        : 'it refers to other servers: it does not serve the zone (lame)';
      return { kind: 'error', why };
    }
    default:
      return reading;
  }
}

function agree([first, ...others]: readonly Served[]): boolean {
  return others.every((other) => {
    if (first?.kind === 'answer' && other.kind === 'answer') {
      return first.authoritative === other.authoritative && sameRecords(first.rrset.records, other.rrset.records);
    }
    return first?.kind === other.kind;
  });
}

function longest(samples: readonly Served[]): Served {
  const ttlOf = (served: Served): number => {
    if (served.kind === 'answer') return served.rrset.ttl;
    return served.kind === 'absent' ? (served.negativeTtl ?? 0) : 0;
  };
  return samples.reduce((longer, served) => (ttlOf(served) > ttlOf(longer) ? served : longer));
}

function disagreement(settled: readonly Served[], samples: readonly Transport[]): Served {
  const said = settled.map((served, index) => `${servedText(served)} over ${samples[index]?.toUpperCase()}`);
  const who = samples.length > 2 ? 'the servers behind this address' : 'UDP and TCP';
  return { kind: 'error', why: `${who} disagree: ${[...new Set(said)].join(', ')}` };
}

function servedText(served: Served): string {
  switch (served.kind) {
    case 'answer':
      return served.rrset.records.join(' and ');
    case 'absent':
      return 'no such record';
    case 'error':
      return served.why;
  }
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}
