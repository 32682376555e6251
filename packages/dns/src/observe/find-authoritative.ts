import { getServers } from 'node:dns';
import { type DnsEndpoint, dnsName, MxodusError } from '@mxodus/model';
import type { RecordType } from 'dns-packet';
import { parseHostPort } from '../endpoint.ts';
import { type QueryLimits, query } from './query.ts';

const DNS_PORT = 53;

/** The addresses behind the NS set of a zone, as the system's resolvers know it. */
export async function findAuthoritative(
  zone: string,
  options: QueryLimits & { signal: AbortSignal },
): Promise<DnsEndpoint[]> {
  const names = (await lookUp(zone, 'NS', options)).map(dnsName);
  if (names.length === 0) {
    throw new MxodusError('DNS_ANSWER', {
      what: `no name servers were found for the zone ${zone}`,
      why: 'the NS set is empty: the zone is not delegated, or `zone` names something that is not a zone',
      advice: 'correct `dns.zone`, or list the servers in `dns.authoritative`',
    });
  }
  const found: DnsEndpoint[] = [];
  for (const name of names) {
    const addresses = [...(await lookUp(name, 'A', options)), ...(await lookUp(name, 'AAAA', options))];
    found.push(...addresses.map((address) => ({ name, address, port: DNS_PORT })));
  }
  return found;
}

/** The data of the records found, through the first resolver that answers. */
async function lookUp(
  name: string,
  type: Extract<RecordType, 'NS' | 'A' | 'AAAA'>,
  options: QueryLimits & { signal: AbortSignal },
): Promise<string[]> {
  const failures: string[] = [];
  for (const resolver of getServers()) {
    const { host, port } =
      resolver.split(':').length > 2 && !resolver.startsWith('[')
        ? { host: resolver, port: DNS_PORT } // getServers() writes a bare IPv6 address without brackets
        : parseHostPort(resolver);
    try {
      const server = { name: resolver, address: host, port };
      const { packet } = await query(server, { name, type, transport: 'udp', recurse: true }, options);
      return (packet.answers ?? []).flatMap((answer) => (answer.type === type ? [String(answer.data)] : []));
    } catch (error) {
      if (options.signal.aborted) throw error;
      failures.push(`${resolver}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new MxodusError('DNS_UNREACHABLE', {
    what: `${type} of ${name} could not be looked up`,
    why: failures.join('; ') || 'the system has no resolver configured',
    advice: "check the system's resolvers, or list the servers in `dns.authoritative`",
  });
}
