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

/**
 * The HTTP API of PowerDNS. One PATCH changes all RRsets or, where one is not valid, none (seen with 4.7, 2026-11-22). It has no guard of
 * its own: what is there is read and compared right before, so an edit in that moment would be overwritten, and read again right after.
 */
export function powerdnsProvider(options: PowerDnsOptions): DnsProvider {
  const look = async (changes: readonly RrsetChange[], signal: AbortSignal): Promise<FoundChange[]> => {
    const zone = await readZone(options, signal);
    return changes.map((change) => ({ ...change, live: liveRrset(zone, change) }));
  };
  return {
    name: 'powerdns',
    capabilities: { atomic: true, compareAndSwap: false, minTtl: 0 },
    apply: async (changes, signal): Promise<ApplyResult> => {
      const found = await look(changes, signal);
      const verdict = judgeTogether(found, SERVICE);
      if (verdict.kind === 'conflict') return verdict;
      if (verdict.kind === 'change') {
        await patch(options, changes, signal);
        checkReadBack(await look(changes, signal), SERVICE);
      }
      return { kind: 'applied', serial: await serialOf(options, signal), changeId: null };
    },
    rehearse: async (changes, signal) => {
      // The key may do all or nothing. A zone that is a copy of another server's cannot be changed here.
      const zone = await readZone(options, signal);
      const mayChange = zone.kind !== 'Slave' && zone.kind !== 'Secondary' && zone.kind !== 'Consumer';
      const asExpected = changes.every((change) => sameRrset(liveRrset(zone, change), change.before));
      return mayChange && asExpected ? 'allowed' : 'unknown';
    },
  };
}

function liveRrset(zone: Zone, { name, type }: Pick<RrsetChange, 'name' | 'type'>): Rrset {
  const found = zone.rrsets.find((one) => dnsName(one.name) === dnsName(name) && one.type === type);
  if (found === undefined) return { ttl: 0, records: [] };
  const contents = found.records.filter(({ disabled }) => !disabled).map(({ content }) => content);
  return recordsOf(type, { ttl: found.ttl, contents });
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

async function patch(options: PowerDnsOptions, changes: readonly RrsetChange[], signal: AbortSignal): Promise<void> {
  const rrsets = changes.map(({ name, type, after }) => ({
    name: `${dnsName(name)}.`,
    type,
    ...(after.records.length === 0
      ? { changetype: 'DELETE' }
      : {
          changetype: 'REPLACE',
          ttl: after.ttl,
          records: after.records.map((record) => ({ content: contentOf(type, record), disabled: false })),
        }),
  }));
  await ask(options, {
    method: 'PATCH',
    about: `the change of ${options.zone} at ${SERVICE}`,
    signal,
    body: JSON.stringify({ rrsets }),
  });
}

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
