import { networkInterfaces } from 'node:os';
import { type DnsEndpoint, dnsName, MxodusError, type Rrset } from '@mxodus/model';
import { askResolvers, type Resolving } from './ask-resolvers.ts';
import { readRrset } from './read-rrset.ts';

/** The addresses behind the NS set of a zone, as the resolvers know it. Throws DNS_UNREACHABLE, or DNS_ANSWER where there are none. */
export async function findAuthoritative(zone: string, options: Resolving): Promise<DnsEndpoint[]> {
  const names = (await nameServersOf(zone, options))?.records ?? [];
  if (names.length === 0) {
    throw new MxodusError('DNS_ANSWER', {
      what: `no name servers were found for the zone ${zone}`,
      why: 'the NS set is empty: the zone is not delegated, or `zone` names something that is not a zone',
      advice: 'correct `dns.zone`, or list the servers in `dns.authoritative`',
    });
  }
  const found = await Promise.all(names.map((name) => addressesOf(name, options)));
  if (found.flat().length > 0) return found.flat();
  throw new MxodusError('DNS_ANSWER', {
    what: `the name servers of the zone ${zone} have no address`,
    why: names.join(', '),
    advice: 'correct the NS records of the zone, or list the servers in `dns.authoritative`',
  });
}

/** null: the name is not a zone. */
export async function nameServersOf(zone: string, options: Resolving): Promise<Rrset | null> {
  const asked = { name: dnsName(zone), type: 'NS' } as const;
  const reading = readRrset(await askResolvers(asked, options), asked);
  return reading.kind === 'answer' ? reading.rrset : null;
}

/** Without the IPv6 addresses where this machine has no IPv6 itself and the server has another. */
export async function addressesOf(host: string, options: Resolving): Promise<DnsEndpoint[]> {
  const name = dnsName(host);
  const lookUp = async (type: 'A' | 'AAAA'): Promise<readonly string[]> => {
    const reading = readRrset(await askResolvers({ name, type }, options), { name, type });
    return reading.kind === 'answer' ? reading.rrset.records : [];
  };
  const ipv4 = await lookUp('A');
  const ipv6 = ipv4.length > 0 && !hasIpv6() ? [] : await lookUp('AAAA');
  return [...ipv4, ...ipv6].map((address) => options.endpointOf(name, address));
}

function hasIpv6(): boolean {
  const addresses = Object.values(networkInterfaces()).flatMap((of) => of ?? []);
  return addresses.some(
    ({ family, internal, address }) => family === 'IPv6' && !internal && !/^fe[89ab]/i.test(address),
  );
}
