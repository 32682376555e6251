import { type ApplyResult, type DnsProvider, MxodusError, type RrsetChange, sameRrset } from '@mxodus/model';
import { checkReadBack, driftText, type FoundChange, isDone } from '../../http/zone-guard.ts';
import { AzureClient, type AzureOptions, type AzurePermission, PERMISSION } from './azure-client.ts';
import type { AzureRrset } from './azure-records.ts';

export type { AzureOptions } from './azure-client.ts';

const SERVICE = 'Azure DNS';
const ATTEMPTS = 3;

type Found = FoundChange<AzureRrset>;

/**
 * Azure DNS. Each RRset is changed by itself, only while its etag is the one that was read; several are not changed together. What was
 * begun and not ended is ended by the same call again: an RRset that is as it should be is left alone.
 */
export function azureProvider(options: AzureOptions): DnsProvider {
  const client = new AzureClient(options);
  const look = async (changes: readonly RrsetChange[], signal: AbortSignal): Promise<Found[]> => {
    await client.checkZone(signal);
    return Promise.all(changes.map(async (change) => ({ ...change, live: await client.read(change, signal) })));
  };
  return {
    name: 'azure',
    capabilities: { atomic: false, compareAndSwap: true, minTtl: 1 },
    apply: async (changes, signal): Promise<ApplyResult> => {
      const found = await look(changes, signal);
      const left = found.filter((change) => !isDone(change));
      const drifted = left.find(isDrifted);
      if (drifted !== undefined) return { kind: 'conflict', why: driftText(drifted, SERVICE) };
      let made = 0;
      for (const change of left.toSorted((a, b) => rank(a, left) - rank(b, left))) {
        const why = await swap(client, change, signal);
        if (why !== null && made === 0) return { kind: 'conflict', why };
        if (why !== null) throw halfMade(why, made);
        made += 1;
      }
      if (made > 0) checkReadBack(await look(changes, signal), SERVICE);
      return { kind: 'applied', serial: null, changeId: null };
    },
    rehearse: async (changes, signal) => {
      const found = await look(changes, signal);
      const permissions = await client.permissions(signal);
      if (permissions === null) return 'unknown';
      const missing = found.flatMap(neededActions).find((action) => !isAllowed(permissions, action));
      if (missing !== undefined) throw mayNot(missing, options);
      return found.some(isDrifted) ? 'unknown' : 'allowed';
    },
  };
}

const isDrifted = ({ live, before }: Found): boolean => !sameRrset(live, before);

/** What there is more of first: creations, changes, deletions. Beside a CNAME there may be nothing: then it is made when that is gone. */
function rank({ name, before, after, type }: Found, all: readonly Found[]): number {
  if (after.records.length === 0) return 2;
  if (before.records.length > 0) return 1;
  const clears = all.some(
    (other) => other.name === name && other.after.records.length === 0 && [type, other.type].includes('CNAME'),
  );
  return clears ? 3 : 0;
}

/** null: it is made. Else why it is not: somebody else changed it. */
async function swap(client: AzureClient, change: Found, signal: AbortSignal): Promise<string | null> {
  let { live } = change;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    if ((await client.write(change, { live, after: change.after }, signal)) === 'done') return null;
    live = await client.read(change, signal);
    // The etag is also that of the metadata: the records may still be what was expected.
    if (isDrifted({ ...change, live })) return driftText({ ...change, live }, SERVICE);
  }
  return `somebody changes ${change.type} of ${change.name} at ${SERVICE} all the time`;
}

const halfMade = (why: string, made: number): MxodusError =>
  new MxodusError('DNS_ANSWER', {
    what: `${made} of the RRsets were changed, the next was not: ${why}`,
    why: `somebody else changed it in that moment; ${SERVICE} changes one RRset at a time`,
    advice: 'look at the zone there; the same command looks at the live records first, and says what to do',
  });

/** What must be taken back must be allowed too. */
function neededActions({ type, before, after }: Found): string[] {
  const base = `Microsoft.Network/dnsZones/${type}`;
  const creates = before.records.length === 0 || after.records.length === 0;
  return [`${base}/read`, `${base}/write`, ...(creates ? [`${base}/delete`] : [])];
}

/** Patterns of a role: "*" stands for anything, also in the middle. */
function isAllowed(permissions: readonly AzurePermission[], action: string): boolean {
  const fits = (pattern: string): boolean => {
    const text = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    return new RegExp(`^${text.join('.*')}$`, 'i').test(action);
  };
  return permissions.some(({ actions, notActions }) => actions.some(fits) && !notActions.some(fits));
}

const mayNot = (action: string, { client_id: client, zone }: AzureOptions): MxodusError =>
  new MxodusError('DNS_REFUSED', {
    what: `the app ${client} may not do ${action} with the zone ${zone}`,
    why: 'no role it has for this zone allows it',
    advice: PERMISSION,
  });
