import {
  type ApplyResult,
  canonicalRecord,
  canonicalRrset,
  type DnsProvider,
  dnsName,
  MxodusError,
  type Rrset,
  type RrsetChange,
  type RrType,
  sameRrset,
} from '@mxodus/model';
import { quotedTxt, unquotedTxt } from '../../http/txt-strings.ts';
import { checkReadBack, type FoundChange, judgeTogether, notPlain } from '../../http/zone-guard.ts';
import { type LiveSet, Route53Client, type Route53Options } from './route53-client.ts';
import type { WireChange, WireSet } from './route53-xml.ts';

export type { Route53Options } from './route53-client.ts';

interface Route53Rrset extends Rrset {
  /** As it is there, which is what a DELETE must say. */
  set: LiveSet | null;
}

const SERVICE = 'Route 53';

/**
 * Amazon Route 53. A DELETE must name the values and the TTL as they are, and a CREATE fails where there is something: the two in one
 * batch, which is made as a whole or not at all, are a compare-and-swap.
 */
export function route53Provider(options: Route53Options): DnsProvider {
  const client = new Route53Client(options);
  const look = (changes: readonly RrsetChange[], signal: AbortSignal): Promise<FoundChange<Route53Rrset>[]> =>
    Promise.all(changes.map(async (change) => ({ ...change, live: await readLive(client, change, signal) })));

  const apply = async (changes: readonly RrsetChange[], signal: AbortSignal): Promise<ApplyResult> => {
    const found = await look(changes, signal);
    const verdict = judgeTogether(found, SERVICE);
    if (verdict.kind === 'conflict') return verdict;
    if (verdict.kind === 'done') return { kind: 'applied', serial: null, changeId: null };
    const changed = await client.change(found.flatMap(replacement), signal);
    const now = await look(changes, signal);
    if (changed.kind === 'invalid') return refusal(changed.words, now);
    checkReadBack(now, SERVICE);
    // Evidence for the journal only: the change is made, whatever comes of this question.
    const status = await client.status(changed.id, signal).catch(() => changed.status);
    return { kind: 'applied', serial: null, changeId: `${changed.id} ${status}` };
  };

  return {
    name: 'route53',
    capabilities: { atomic: true, compareAndSwap: true, minTtl: 0 },
    apply,
    rehearse: async (changes, signal) => {
      const found = await look(changes, signal);
      const changed = await client.change(found.flatMap(impossible), signal);
      if (changed.kind === 'changed') throw madeTheImpossible(changed.id);
      return found.every(({ live, before }) => sameRrset(live, before)) ? 'allowed' : 'unknown';
    },
  };
}

async function readLive(
  client: Route53Client,
  { name, type }: RrsetChange,
  signal: AbortSignal,
): Promise<Route53Rrset> {
  const sets = await client.sets(dnsName(name), type, signal);
  const special = sets.find((set) => set.special !== null)?.special ?? null;
  if (special !== null) throw notPlain({ name, type }, special, SERVICE);
  const [set = null] = sets;
  const records = (set?.values ?? []).map((value) =>
    type === 'TXT' ? unquotedTxt(value, 8) : canonicalRecord(type, value),
  );
  return { ...canonicalRrset(type, { ttl: set?.ttl ?? 0, records }), set };
}

function replacement({ name, type, live, after }: FoundChange<Route53Rrset>): WireChange[] {
  if (sameRrset(live, after)) return [];
  const values = after.records.map((text) => valueText(type, text));
  return [
    ...(live.set === null ? [] : [{ action: 'DELETE' as const, set: live.set }]),
    ...(values.length === 0
      ? []
      : [{ action: 'CREATE' as const, set: { name: `${dnsName(name)}.`, type, ttl: after.ttl, values } }]),
  ];
}

function valueText(type: RrType, text: string): string {
  switch (type) {
    case 'TXT':
      return quotedTxt(text, 8);
    case 'MX':
    case 'CNAME':
    case 'SRV':
      return text.endsWith('.') ? text : `${text}.`;
    default:
      return text;
  }
}

/**
 * A batch that must fail, each change by itself: the DELETE of what is not there, and the CREATE of what is. Who may not make such
 * changes is refused (AccessDenied) before that is looked at.
 */
function impossible({ name, type, live }: FoundChange<Route53Rrset>): WireChange[] {
  const absent: WireSet = { name: live.set?.name ?? `${dnsName(name)}.`, type, ttl: 1, values: [ABSENT[type]] };
  return [
    { action: 'DELETE', set: absent },
    ...(live.set === null ? [] : [{ action: 'CREATE' as const, set: live.set }]),
  ];
}

const NOWHERE = 'rehearsal.mxodus.invalid.';
const ABSENT: Readonly<Record<RrType, string>> = {
  MX: `65535 ${NOWHERE}`,
  TXT: `"${NOWHERE}"`,
  CNAME: NOWHERE,
  A: '192.0.2.254',
  AAAA: '2001:db8::fffe',
  SRV: `65535 65535 65535 ${NOWHERE}`,
  TLSA: `3 1 1 ${'00'.repeat(32)}`,
};

/** The batch did not fit to what was there, or Route 53 takes no such values. */
function refusal(words: string, found: readonly FoundChange[]): ApplyResult {
  const verdict = judgeTogether(found, SERVICE);
  if (verdict.kind === 'conflict') return verdict;
  if (/was not found|do not match the current values|already exists/.test(words))
    return { kind: 'conflict', why: words };
  throw new MxodusError('DNS_REFUSED', {
    what: `the change at ${SERVICE}: InvalidChangeBatch ${words}`,
    why: 'Route 53 does not take these records; nothing was changed',
    advice: 'read its words, and correct the records in the config',
  });
}

const madeTheImpossible = (id: string): MxodusError =>
  new MxodusError('DNS_ANSWER', {
    what: `${SERVICE} accepted a rehearsal that had to fail (change ${id})`,
    why: 'it deletes what is not there: this is not Route 53 as it is documented',
    advice: 'check `dns.url`, and look at the zone there',
  });
