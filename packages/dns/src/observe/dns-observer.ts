import { type DnsEndpoint, type DnsObserver, dnsName, MxodusError, type Observation, sameRrset } from '@mxodus/model';
import { resolveEndpoints } from '../endpoint.ts';
import { findAuthoritative } from './find-authoritative.ts';
import { type QueryLimits, query } from './query.ts';
import { type MxReading, readMx, readSerial } from './read-mx.ts';

/**
 * Reads MX RRsets with their TTLs straight from the servers asked, without a cache: node:dns gives no TTL for an MX. What is found
 * out here is only ever what one server said at one moment; what it means is decided in the engine.
 */
export function createObserver(options: Partial<QueryLimits> & { now?: () => number } = {}): DnsObserver {
  const limits = { timeoutMs: options.timeoutMs ?? 3000, attempts: options.attempts ?? 3 };
  const now = options.now ?? Date.now;
  return {
    authoritative: (zone, configured, signal) => authoritative(zone, configured, { ...limits, signal }),
    observe: (server, zone, domain, signal) =>
      observed(server, { signal, now }, () => observe(server, { zone, domain }, { ...limits, signal })),
    ask: async (resolver, domain, signal) => {
      const [server] = await resolveEndpoints(resolver);
      const endpoint = server ?? { name: resolver, address: resolver, port: 53 };
      return observed(endpoint, { signal, now }, async () => {
        const question = { name: dnsName(domain), type: 'MX', transport: 'udp', recurse: true } as const;
        const reading = readMx(await query(endpoint, question, { ...limits, signal }), domain);
        return { reading, serial: null };
      });
    },
  };
}

async function authoritative(
  zone: string,
  configured: readonly string[] | undefined,
  options: QueryLimits & { signal: AbortSignal },
): Promise<DnsEndpoint[]> {
  if (configured === undefined) return findAuthoritative(dnsName(zone), options);
  const found = await Promise.all(configured.map(resolveEndpoints));
  return found.flat();
}

interface Reading {
  reading: MxReading;
  serial: number | null;
}

async function observed(
  server: DnsEndpoint,
  { signal, now }: { signal: AbortSignal; now: () => number },
  read: () => Promise<Reading>,
): Promise<Observation> {
  try {
    const { reading, serial } = await read();
    const at = new Date(now()).toISOString();
    switch (reading.kind) {
      case 'answer':
        return { kind: 'answer', at, server, authoritative: reading.authoritative, serial, mx: reading.mx };
      case 'absent': {
        const { authoritative, negativeTtl } = reading;
        return { kind: 'absent', at, server, authoritative, serial, negativeTtl };
      }
      case 'error':
        return { kind: 'error', at, server, why: reading.why };
    }
  } catch (error) {
    if (signal.aborted || error instanceof MxodusError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    return { kind: 'error', at: new Date(now()).toISOString(), server, why };
  }
}

async function observe(
  server: DnsEndpoint,
  { zone, domain }: { zone: string; domain: string },
  options: QueryLimits & { signal: AbortSignal },
): Promise<Reading> {
  const name = dnsName(domain);
  const ask = async (transport: 'udp' | 'tcp') =>
    readMx(await query(server, { name, type: 'MX', transport, recurse: false }, options), domain);
  const [udp, tcp] = await Promise.all([ask('udp'), ask('tcp')]);
  const soa = await query(server, { name: dnsName(zone), type: 'SOA', transport: 'udp', recurse: false }, options);
  // The zone may have changed between the two questions: only a second disagreement counts.
  const settled = agree(udp, tcp) ? [udp, tcp] : await Promise.all([ask('udp'), ask('tcp')]);
  const [first = udp, second = tcp] = settled;
  const reading: MxReading = agree(first, second)
    ? first
    : { kind: 'error', why: `UDP and TCP disagree: ${readingText(first)} over UDP, ${readingText(second)} over TCP` };
  return { reading, serial: readSerial(soa) };
}

function agree(a: MxReading, b: MxReading): boolean {
  if (a.kind === 'answer' && b.kind === 'answer') {
    return a.authoritative === b.authoritative && sameRrset(a.mx, b.mx);
  }
  return a.kind === b.kind;
}

function readingText(reading: MxReading): string {
  switch (reading.kind) {
    case 'answer':
      return reading.mx.records.map(({ host, preference }) => `${preference} ${host}`).join(', ');
    case 'absent':
      return 'no MX';
    case 'error':
      return reading.why;
  }
}
