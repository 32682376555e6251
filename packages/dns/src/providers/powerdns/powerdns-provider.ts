import { type ApplyResult, type DnsProvider, dnsName, type Rrset, type RrsetChange, sameRrset } from '@mxodus/model';
import { z } from 'zod';
import { type ApiRequest, apiRequest, parseAnswer } from '../../http/api-request.ts';
import { apiTrouble } from '../../http/api-trouble.ts';
import { checkReadBack, type FoundChange, judgeTogether } from '../../http/zone-guard.ts';
import { contentOf, recordsOf } from './powerdns-content.ts';

export interface PowerDnsOptions {
  url: string;
  zone: string;
  api_key: string;
  server_id: string;
  ca?: string | undefined;
  timeoutMs?: number;
}

const SERVICE = 'PowerDNS';

const zoneSchema = z.object({
  serial: z.int().nullish(),
  edited_serial: z.int().nullish(),
  kind: z.string(),
  rrsets: z.array(
    z.object({
      name: z.string(),
      type: z.string(),
      ttl: z.int(),
      records: z.array(z.object({ content: z.string(), disabled: z.boolean().default(false) })),
    }),
  ),
});

type Zone = z.output<typeof zoneSchema>;

/** What is there, and the records that are switched off, which stay so. */
type FoundHere = FoundChange & { disabled: readonly string[] };

/**
 * The HTTP API of PowerDNS. One PATCH changes all RRsets or, where one is not valid, none (seen with 4.7, 2026-11-22). It has no guard of
 * its own: what is there is read and compared right before, so an edit in that moment would be overwritten, and read again right after.
 */
export function powerdnsProvider(options: PowerDnsOptions): DnsProvider {
  const look = async (changes: readonly RrsetChange[], signal: AbortSignal): Promise<FoundHere[]> => {
    const zone = await readZone(options, signal);
    return changes.map((change) => ({ ...change, ...liveRrset(zone, change) }));
  };
  return {
    name: 'powerdns',
    capabilities: { atomic: true, compareAndSwap: false, minTtl: 0 },
    apply: async (changes, signal): Promise<ApplyResult> => {
      const found = await look(changes, signal);
      const verdict = judgeTogether(found, SERVICE);
      if (verdict.kind === 'conflict') return verdict;
      if (verdict.kind === 'change') {
        await patch(options, found, signal);
        checkReadBack(await look(changes, signal), SERVICE);
      }
      return { kind: 'applied', serial: await serialOf(options, signal), changeId: null };
    },
    rehearse: async (changes, signal) => {
      // The key may do all or nothing. A zone that is a copy of another server's cannot be changed here.
      const zone = await readZone(options, signal);
      const mayChange = zone.kind !== 'Slave' && zone.kind !== 'Secondary' && zone.kind !== 'Consumer';
      const asExpected = changes.every((change) => sameRrset(liveRrset(zone, change).live, change.before));
      return mayChange && asExpected ? 'allowed' : 'unknown';
    },
  };
}

function liveRrset(
  zone: Zone,
  { name, type }: Pick<RrsetChange, 'name' | 'type'>,
): { live: Rrset; disabled: readonly string[] } {
  const found = zone.rrsets.find((one) => dnsName(one.name) === dnsName(name) && one.type === type);
  const contents = (disabled: boolean): string[] =>
    (found?.records ?? []).filter((record) => record.disabled === disabled).map(({ content }) => content);
  const served = contents(false);
  const live =
    served.length === 0 ? { ttl: 0, records: [] } : recordsOf(type, { ttl: found?.ttl ?? 0, contents: served });
  return { live, disabled: contents(true) };
}

async function readZone(options: PowerDnsOptions, signal: AbortSignal): Promise<Zone> {
  const about = `the zone ${options.zone} at ${SERVICE}`;
  const answer = await ask(options, { method: 'GET', about, signal });
  return parseAnswer(zoneSchema, answer, about);
}

/** Evidence for the journal only: the change is made, whatever comes of this question. */
async function serialOf(options: PowerDnsOptions, signal: AbortSignal): Promise<number | null> {
  return readZone(options, signal).then(
    ({ edited_serial: edited, serial }) => edited ?? serial ?? null,
    () => null,
  );
}

async function patch(options: PowerDnsOptions, changes: readonly FoundHere[], signal: AbortSignal): Promise<void> {
  const rrsets = changes.map(({ name, type, live, after, disabled }) => {
    const records = [
      ...after.records.map((record) => ({ content: contentOf(type, record), disabled: false })),
      ...disabled.map((content) => ({ content, disabled: true })),
    ];
    const rrset = { name: `${dnsName(name)}.`, type };
    if (records.length === 0) return { ...rrset, changetype: 'DELETE' };
    const ttl = after.records.length === 0 ? live.ttl : after.ttl;
    return { ...rrset, changetype: 'REPLACE', ttl, records };
  });
  await ask(options, {
    method: 'PATCH',
    about: `the change of ${options.zone} at ${SERVICE}`,
    signal,
    // In their order: a CNAME is refused while another record is still there (seen with 4.7, 2026-11-23).
    body: JSON.stringify({ rrsets: rrsets.toSorted((a, b) => Number(isReplace(a)) - Number(isReplace(b))) }),
  });
}

const isReplace = ({ changetype }: { changetype: string }): boolean => changetype === 'REPLACE';

async function ask(
  { url, zone, server_id: server, api_key: key, ca, timeoutMs = 30_000 }: PowerDnsOptions,
  request: Pick<ApiRequest, 'method' | 'about' | 'signal'> & { body?: string },
) {
  const path = `/api/v1/servers/${encodeURIComponent(server)}/zones/${encodeURIComponent(`${dnsName(zone)}.`)}`;
  const answer = await apiRequest({
    ...request,
    url: `${url.replace(/\/$/, '')}${path}`,
    headers: { 'x-api-key': key, 'content-type': 'application/json', accept: 'application/json' },
    ca,
    timeoutMs,
  });
  if (answer.status >= 200 && answer.status < 300) return answer;
  throw apiTrouble(answer, {
    about: request.about,
    words: answer.text,
    secrets: [key],
    permission: "check `dns.api_key`: it is the server's api-key setting; and that its API may be asked from here",
  });
}
