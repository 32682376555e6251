import { type ApplyResult, type DnsProvider, dnsName, type RrsetChange, sameRrset } from '@mxodus/model';
import { checkReadBack, type FoundChange, judgeTogether } from '../../http/zone-guard.ts';
import { CloudflareClient, type CloudflareOptions } from './cloudflare-client.ts';
import { type CloudflareRrset, operations, readRrset } from './cloudflare-records.ts';

export type { CloudflareOptions } from './cloudflare-client.ts';

const SERVICE = 'Cloudflare';
/** Seconds; zones of the Enterprise plan take 30. */
const MIN_TTL = 60;

/**
 * Cloudflare's API. All RRsets change in one transaction, but the service compares nothing: what is there is read and compared right
 * before, so an edit in that moment would be overwritten, and read again right after. Its SOA serial says nothing about records.
 */
export function cloudflareProvider(options: CloudflareOptions): DnsProvider {
  const client = new CloudflareClient(options);
  const look = (changes: readonly RrsetChange[], signal: AbortSignal): Promise<FoundChange<CloudflareRrset>[]> =>
    Promise.all(
      changes.map(async (change) => ({
        ...change,
        live: readRrset(change.type, await client.records(dnsName(change.name), change.type, signal)),
      })),
    );
  return {
    name: 'cloudflare',
    capabilities: { atomic: true, compareAndSwap: false, minTtl: MIN_TTL },
    apply: async (changes, signal): Promise<ApplyResult> => {
      const found = await look(changes, signal);
      const verdict = judgeTogether(found, SERVICE);
      if (verdict.kind === 'conflict') return verdict;
      if (verdict.kind === 'change') {
        await client.batch(operations(found), signal);
        checkReadBack(await look(changes, signal), SERVICE);
      }
      return { kind: 'applied', serial: null, changeId: null };
    },
    rehearse: async (changes, signal) => {
      const allowed = await client.mayEdit(signal);
      const found = await look(changes, signal);
      return allowed && found.every(({ live, before }) => sameRrset(live, before)) ? 'allowed' : 'unknown';
    },
  };
}
