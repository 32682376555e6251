import { type DnsAddress, queryDns } from '../dns/exchange.ts';
import type { DnsRecord, DnsType } from '../dns/packet.ts';

export interface MxLookup {
  /** The addresses of a domain's MX hosts, best preference first. Throws when the resolver has no answer. */
  addresses(domain: string): Promise<string[]>;
}

export interface MxLookupOptions {
  resolver: DnsAddress;
  /** Seconds an answer is kept beyond its TTL; 0 for a sender that behaves. */
  keepLonger: number;
  /** Default best. worst: the backup MX is tried first, as spammers do. */
  first?: 'best' | 'worst';
}

/** Resolves MX and A as a sending host does, with a cache of its own that honours TTLs. */
export function createMxLookup({ resolver, keepLonger, first = 'best' }: MxLookupOptions): MxLookup {
  const cache = new Map<string, { until: number; answers: DnsRecord[] }>();
  const lookUp = async (name: string, type: DnsType): Promise<DnsRecord[]> => {
    const key = `${name} ${type}`;
    const cached = cache.get(key);
    if (cached && cached.until > Date.now()) return cached.answers;
    const message = await queryDns(resolver, name, type, 5000);
    if (message.rcode !== 0) throw new Error(`The resolver answered rcode ${message.rcode} to ${name} ${type}.`);
    const answers = message.answers.filter((answer) => answer.type === type);
    const ttl = Math.min(...answers.map((answer) => answer.ttl));
    if (answers.length > 0) cache.set(key, { until: Date.now() + (ttl + keepLonger) * 1000, answers });
    return answers;
  };
  return {
    addresses: async (domain) => {
      const hosts = (await lookUp(domain, 'MX'))
        .map(({ data }) => data.split(' '))
        .map(([preference, host]) => ({ preference: Number(preference), host: host ?? '' }))
        .sort((a, b) => (a.preference - b.preference) * (first === 'best' ? 1 : -1));
      if (hosts.length === 0) throw new Error(`${domain} has no MX.`);
      const found: string[] = [];
      for (const { host } of hosts) found.push(...(await lookUp(host, 'A')).map(({ data }) => data));
      return found;
    },
  };
}
