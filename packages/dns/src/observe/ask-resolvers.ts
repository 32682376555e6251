import { getServers } from 'node:dns';
import { type DnsEndpoint, MxodusError } from '@mxodus/model';
import { resolveEndpoints } from '../endpoint.ts';
import { errorText } from '../error-text.ts';
import { rcodeText } from '../rcode.ts';
import { type QueryLimits, type Question, query, type Reply } from './query.ts';

const NOERROR = 0;
const NXDOMAIN = 3;

/** Where names that are nobody's own are looked up. */
export interface Resolving extends QueryLimits {
  /** host or host:port; empty: the system's. */
  resolvers: readonly string[];
  /** The port of a name server that was found by its name: 53, but in a rehearsal. */
  endpointOf: (name: string, address: string) => DnsEndpoint;
  signal: AbortSignal;
}

export const ON_PORT_53 = (name: string, address: string): DnsEndpoint => ({ name, address, port: 53 });

/** The first answer of a resolver that is one. Throws DNS_UNREACHABLE when none has any. */
export async function askResolvers(
  question: Pick<Question, 'name' | 'type' | 'dnssec'>,
  options: Resolving,
): Promise<Reply> {
  const failures: string[] = [];
  for (const resolver of resolversOf(options)) {
    try {
      const reply = await askResolver(resolver, question, options);
      if (reply.rcode === NOERROR || reply.rcode === NXDOMAIN) return reply;
      failures.push(`${resolver} answered ${rcodeText(reply.rcode)}`);
    } catch (error) {
      if (options.signal.aborted) throw error;
      failures.push(`${resolver}: ${errorText(error)}`);
    }
  }
  throw new MxodusError('DNS_UNREACHABLE', {
    what: `${question.type} of ${question.name} could not be looked up`,
    why: failures.join('; ') || 'the system has no resolver configured',
    advice: "check the system's resolvers, or list the servers in `dns.authoritative`",
  });
}

export function resolversOf({ resolvers }: Pick<Resolving, 'resolvers'>): readonly string[] {
  return resolvers.length > 0 ? resolvers : getServers();
}

export async function askResolver(
  resolver: string,
  question: Pick<Question, 'name' | 'type' | 'dnssec'>,
  options: QueryLimits & { signal: AbortSignal },
): Promise<Reply> {
  const server = await resolverEndpoint(resolver);
  return query(server, { ...question, transport: 'udp', recurse: true }, options);
}

/** The first address of a resolver. Throws DNS_UNREACHABLE when its name has none. */
export async function resolverEndpoint(resolver: string): Promise<DnsEndpoint> {
  const [found] = await resolveEndpoints(resolver);
  return found ?? ON_PORT_53(resolver, resolver);
}
