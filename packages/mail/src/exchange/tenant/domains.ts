import {
  type AdvisedRecord,
  dnsName,
  type Fact,
  type ServiceRecords,
  sortMx,
  type TenantDomain,
  type TxtToPublish,
} from '@mxodus/model';
import { z } from 'zod';
import { type Graph, GraphRefusal, graphPath } from '../graph/graph.ts';
import { factOf, get, known, parsed, unknown } from './ask.ts';

const domainSchema = z.object({ id: z.string(), isVerified: z.boolean() });

const recordSchema = z.object({
  '@odata.type': z.string().default(''),
  isOptional: z.boolean().nullish(),
  label: z.string().default(''),
  supportedService: z.string().nullish(),
  ttl: z.int().default(3600),
  mailExchange: z.string().nullish(),
  preference: z.int().nullish(),
  text: z.string().nullish(),
  canonicalName: z.string().nullish(),
  description: z.string().nullish(),
});

const recordsSchema = z.object({ value: z.array(recordSchema) });

type DnsRecord = z.output<typeof recordSchema>;

export interface DomainQuestion {
  graph: Graph;
  /** The id of another tenant that holds a domain; null: none does. */
  holder(domain: string): Promise<Fact<string | null>>;
}

export async function lookAtDomain({ graph, holder }: DomainQuestion, name: string): Promise<TenantDomain> {
  const domain = dnsName(name);
  try {
    const { body } = await graph.send(get(graphPath`/domains/${domain}`));
    if (parsed(domainSchema, body, `the domain ${domain}`).isVerified) return { domain, kind: 'verified' };
    return { domain, kind: 'not-verified', txt: await txtOf(graph, domain), elsewhere: await holder(domain) };
  } catch (error) {
    if (!(error instanceof GraphRefusal)) throw error;
    if (error.status === 404) return { domain, kind: 'not-added', elsewhere: await holder(domain) };
    if (error.status === 403) return { domain, kind: 'unknown', why: 'the app may not ask for it (Domain.Read.All)' };
    throw error;
  }
}

async function txtOf(graph: Graph, domain: string): Promise<TxtToPublish | null> {
  const answer = await factOf('Domain.Read.All', async () => {
    const { body } = await graph.send(get(graphPath`/domains/${domain}/verificationDnsRecords`));
    return known(parsed(recordsSchema, body, `how to verify ${domain}`).value);
  });
  const record = answer.known ? answer.value.find((one) => typeOf(one) === 'domainDnsTxtRecord') : undefined;
  if (typeof record?.text !== 'string') return null;
  return {
    name: dnsName(record.label === '' || record.label === '@' ? domain : record.label),
    text: record.text,
    ttl: record.ttl,
  };
}

export const serviceRecordsOf = (graph: Graph, name: string): Promise<Fact<ServiceRecords>> =>
  factOf('Domain.Read.All', async () => {
    const domain = dnsName(name);
    const { body } = await graph.send(get(graphPath`/domains/${domain}/serviceConfigurationRecords`));
    return serviceRecords(domain, parsed(recordsSchema, body, `the records of ${domain}`).value);
  });

/** Those for mail, out of the records of all services. `@odata.type` comes with and without "#" (Microsoft's own pages differ). */
export function serviceRecords(domain: string, all: readonly DnsRecord[]): Fact<ServiceRecords> {
  const unavailable = all.find((record) => typeOf(record) === 'domainDnsUnavailableRecord');
  if (unavailable !== undefined) return unknown(unavailable.description ?? 'the tenant has them not ready yet');
  const forMail = all.filter(({ supportedService }) => supportedService?.toLowerCase() === 'email');
  const exchangers = forMail.filter((record) => typeOf(record) === 'domainDnsMxRecord');
  const mx = exchangers.flatMap(({ mailExchange, preference }) =>
    typeof mailExchange === 'string' && mailExchange !== ''
      ? [{ host: mailExchange, preference: preference ?? 0 }]
      : [],
  );
  const [first] = exchangers;
  if (first === undefined || mx.length === 0)
    return unknown('the tenant gives no MX: none until the domain is verified and set up for mail');
  return known({ mx: sortMx(mx), ttl: first.ttl, advised: forMail.flatMap((record) => advised(domain, record)) });
}

function advised(domain: string, record: DnsRecord): AdvisedRecord[] {
  const { ttl, isOptional } = record;
  const name = record.label === '' || record.label === '@' ? domain : dnsName(record.label);
  const common = { name, ttl, optional: isOptional ?? false };
  if (typeOf(record) === 'domainDnsTxtRecord' && typeof record.text === 'string') {
    return [{ type: 'TXT', value: record.text, ...common }];
  }
  if (typeOf(record) === 'domainDnsCnameRecord' && typeof record.canonicalName === 'string') {
    return [{ type: 'CNAME', value: dnsName(record.canonicalName), ...common }];
  }
  return [];
}

const typeOf = (record: DnsRecord): string => record['@odata.type'].replace(/^#?microsoft\.graph\./, '');
