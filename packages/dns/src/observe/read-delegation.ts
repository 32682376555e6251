import { type Delegation, type DnsEndpoint, dnsName, MxodusError, PARENT_NOT_ASKED, type Rrset } from '@mxodus/model';
import { resolveEndpoints } from '../endpoint.ts';
import { errorText } from '../error-text.ts';
import { askResolver, type Resolving, resolversOf } from './ask-resolvers.ts';
import { addressesOf, findAuthoritative, nameServersOf } from './find-authoritative.ts';
import { query } from './query.ts';
import { readGlue, readRrset } from './read-rrset.ts';

const SERVFAIL = 2;

/** See `DnsObserver.delegation`. What cannot be found out is said, not thrown. */
export async function readDelegation(
  zone: string,
  configured: readonly string[] | undefined,
  options: Resolving,
): Promise<Delegation> {
  const name = dnsName(zone);
  if (configured !== undefined) {
    const servers = (await Promise.all(configured.map(resolveEndpoints))).flat();
    return {
      zone: name,
      parent: null,
      child: await childrenAt(servers, name, options),
      ds: null,
      validates: null,
      why: PARENT_NOT_ASKED,
    };
  }
  try {
    const { parent, ds, glue } = await atParent(name, options);
    const child = await childrenAt(await serversOf(name, { parent, glue }, options), name, options);
    const validates = ds !== null && ds.records.length > 0 ? await validated(name, options) : null;
    return { zone: name, parent, child, ds, validates, why: null };
  } catch (error) {
    if (options.signal.aborted) throw error;
    return {
      zone: name,
      parent: null,
      child: await knownChildren(name, options),
      ds: null,
      validates: null,
      why: errorText(error),
    };
  }
}

interface AtParent {
  parent: Rrset;
  ds: Rrset | null;
  /** Addresses by NS name. */
  glue: ReadonlyMap<string, readonly string[]>;
}

/** Asks the servers of the zone above until one tells. */
async function atParent(zone: string, options: Resolving): Promise<AtParent> {
  const above = await zoneAbove(zone, options);
  const failures: string[] = [];
  for (const server of await findAuthoritative(above, options)) {
    try {
      return await toldBy(server, zone, options);
    } catch (error) {
      if (options.signal.aborted) throw error;
      failures.push(`${server.name} (${server.address}): ${errorText(error)}`);
    }
  }
  throw new Error(`no server of the parent zone ${above} told the delegation of ${zone}: ${failures.join('; ')}`);
}

async function zoneAbove(zone: string, options: Resolving): Promise<string> {
  const labels = zone.split('.');
  for (let skipped = 1; skipped < labels.length; skipped += 1) {
    const name = labels.slice(skipped).join('.');
    if ((await nameServersOf(name, options)) !== null) return name;
  }
  return '.';
}

async function toldBy(server: DnsEndpoint, zone: string, options: Resolving): Promise<AtParent> {
  const asked = { name: zone, type: 'NS' } as const;
  const reply = await query(server, { ...asked, transport: 'udp', recurse: false }, options);
  const reading = readRrset(reply, asked);
  // A server of both zones answers for the child itself.
  const told =
    reading.kind === 'answer'
      ? reading.rrset
      : reading.kind === 'referral' && reading.zone === zone
        ? { ttl: reading.ttl, records: reading.servers }
        : null;
  if (told === null) throw new Error(reading.kind === 'error' ? reading.why : `it knows no delegation of ${zone}`);
  const glue = told.records.map((host) => ({ host, ...readGlue(reply, host) }));
  return {
    parent: { ttl: Math.max(told.ttl, ...glue.map(({ ttl }) => ttl)), records: told.records },
    ds: await dsAt(server, zone, options),
    glue: new Map(glue.map(({ host, records }) => [host, records])),
  };
}

async function dsAt(server: DnsEndpoint, zone: string, options: Resolving): Promise<Rrset | null> {
  const asked = { name: zone, type: 'DS' } as const;
  const reading = readRrset(await query(server, { ...asked, transport: 'udp', recurse: false }, options), asked);
  switch (reading.kind) {
    case 'answer':
      return reading.rrset;
    case 'absent':
      return reading.authoritative ? { ttl: reading.negativeTtl ?? 0, records: [] } : null;
    default:
      return null;
  }
}

/** Every server either side names. A zone that does not validate has none in the eyes of its resolvers: the glue tells. */
async function serversOf(
  zone: string,
  { parent, glue }: Pick<AtParent, 'parent' | 'glue'>,
  options: Resolving,
): Promise<DnsEndpoint[]> {
  const seenByResolvers = await unlessFailed(nameServersOf(zone, options), null, options);
  const names = [...new Set([...parent.records, ...(seenByResolvers?.records ?? [])])];
  const found = await Promise.all(
    names.map(async (name) => {
      const byName = await unlessFailed(addressesOf(name, options), [], options);
      return byName.length > 0 ? byName : (glue.get(name) ?? []).map((address) => options.endpointOf(name, address));
    }),
  );
  return found.flat();
}

/** For when the parent did not tell: what the resolvers know, or nothing; `why` says they failed. */
async function knownChildren(zone: string, options: Resolving): Promise<Delegation['child']> {
  return childrenAt(await unlessFailed(findAuthoritative(zone, options), [], options), zone, options);
}

async function unlessFailed<T>(asking: Promise<T>, otherwise: T, { signal }: Resolving): Promise<T> {
  try {
    return await asking;
  } catch (error) {
    if (signal.aborted || !(error instanceof MxodusError)) throw error;
    return otherwise;
  }
}

function childrenAt(servers: readonly DnsEndpoint[], zone: string, options: Resolving): Promise<Delegation['child']> {
  return Promise.all(servers.map((server) => childAt(server, zone, options)));
}

async function childAt(server: DnsEndpoint, zone: string, options: Resolving): Promise<Delegation['child'][number]> {
  const asked = { name: zone, type: 'NS' } as const;
  try {
    const reading = readRrset(await query(server, { ...asked, transport: 'udp', recurse: false }, options), asked);
    if (reading.kind === 'answer' && reading.authoritative) return { server, ns: reading.rrset, why: null };
    return { server, ns: null, why: reading.kind === 'error' ? reading.why : 'it does not serve the zone (lame)' };
  } catch (error) {
    if (options.signal.aborted) throw error;
    return { server, ns: null, why: errorText(error) };
  }
}

/** true: one resolver says AD · false: one refuses what it gives out unchecked · null: none validates. */
async function validated(zone: string, options: Resolving): Promise<boolean | null> {
  const verdicts = await Promise.all(resolversOf(options).map((resolver) => validatedBy(resolver, zone, options)));
  if (verdicts.includes(false)) return false;
  return verdicts.includes(true) ? true : null;
}

async function validatedBy(resolver: string, zone: string, options: Resolving): Promise<boolean | null> {
  const asked = { name: zone, type: 'SOA' } as const;
  try {
    const { packet, rcode } = await askResolver(resolver, { ...asked, dnssec: 'AD' }, options);
    if (rcode === SERVFAIL) {
      const unchecked = await askResolver(resolver, { ...asked, dnssec: 'CD' }, options);
      return unchecked.rcode === SERVFAIL ? null : false;
    }
    return packet.flag_ad ? true : null;
  } catch (error) {
    if (options.signal.aborted) throw error;
    // One resolver that does not answer says nothing about the zone.
    return null;
  }
}
