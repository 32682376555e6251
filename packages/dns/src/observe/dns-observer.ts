import { type DnsEndpoint, type DnsObserver, dnsName, MxodusError, type Observation } from '@mxodus/model';
import { parseHostPort, resolveEndpoints } from '../endpoint.ts';
import { errorText } from '../error-text.ts';
import { ON_PORT_53, type Resolving, resolverEndpoint } from './ask-resolvers.ts';
import { findAuthoritative } from './find-authoritative.ts';
import { observeServer, plainly, type Served } from './observe-server.ts';
import { type QueryLimits, query } from './query.ts';
import { readDelegation } from './read-delegation.ts';
import { readRrset } from './read-rrset.ts';

/** `resolvers`: host or host:port, to find servers and parents with; default: the system's. `now`: milliseconds since the epoch. */
export type ObserverOptions = Partial<QueryLimits & Pick<Resolving, 'resolvers' | 'endpointOf'>> & {
  now?: () => number;
};

/**
 * Reads RRsets with their TTLs straight from the servers asked, without a cache: node:dns gives no TTL but for addresses. What is found
 * out here is only ever what one server said at one moment; what it means is decided in the engine.
 */
export function createObserver(options: ObserverOptions = {}): DnsObserver {
  const limits = { timeoutMs: options.timeoutMs ?? 3000, attempts: options.attempts ?? 3 };
  const found = { ...limits, resolvers: options.resolvers ?? [], endpointOf: options.endpointOf ?? ON_PORT_53 };
  const now = options.now ?? Date.now;
  return {
    authoritative: async (zone, configured, signal) => {
      if (configured === undefined) return findAuthoritative(dnsName(zone), { ...found, signal });
      return (await Promise.all(configured.map(resolveEndpoints))).flat();
    },
    observe: async (server, zone, rrset, signal) => {
      try {
        const { served, serial } = await observeServer(server, { zone, ...rrset }, { ...limits, signal });
        return observation(server, { served, serial, at: now() });
      } catch (error) {
        if (signal.aborted || error instanceof MxodusError) throw error;
        return observation(server, { served: { kind: 'error', why: errorText(error) }, serial: null, at: now() });
      }
    },
    ask: async (resolver, { name, type }, signal) => {
      const asked = { name: dnsName(name), type };
      const { host, port } = parseHostPort(resolver);
      let server: DnsEndpoint = { name: resolver, address: host, port };
      try {
        server = await resolverEndpoint(resolver);
        const reply = await query(server, { ...asked, transport: 'udp', recurse: true }, { ...limits, signal });
        const served = plainly(readRrset(reply, asked), { ...asked, zone: '.' });
        return observation(server, { served, serial: null, at: now() });
      } catch (error) {
        if (signal.aborted) throw error;
        return observation(server, { served: { kind: 'error', why: errorText(error) }, serial: null, at: now() });
      }
    },
    delegation: (zone, configured, signal) => readDelegation(zone, configured, { ...found, signal }),
  };
}

function observation(
  server: DnsEndpoint,
  { served, serial, at: time }: { served: Served; serial: number | null; at: number },
): Observation {
  const at = new Date(time).toISOString();
  switch (served.kind) {
    case 'answer':
      return { kind: 'answer', at, server, authoritative: served.authoritative, serial, rrset: served.rrset };
    case 'absent':
      return {
        kind: 'absent',
        at,
        server,
        authoritative: served.authoritative,
        serial,
        negativeTtl: served.negativeTtl,
      };
    case 'error':
      return { kind: 'error', at, server, why: served.why };
  }
}
