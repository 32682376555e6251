import { type DnsEndpoint, type DnsLookup, dnsName, type LookupResult, type LookupType } from '@mxodus/model';
import { errorText } from '../error-text.ts';
import { askResolvers, ON_PORT_53, type Resolving } from '../observe/ask-resolvers.ts';
import type { QueryLimits, Reply } from '../observe/query.ts';
import { readRrset } from '../observe/read-rrset.ts';
import { type Asked, askZone, isIn, type ServedZone, type ZoneReading } from './ask-zone.ts';
import { reverseName } from './reverse-name.ts';

export interface LookupOptions {
  /** The most specific zone a name is in is the one that counts. */
  zones: readonly { zone: string; servers: readonly DnsEndpoint[] }[];
  /** host or host:port; empty: the system's. */
  resolvers: readonly string[];
  limits?: Partial<QueryLimits>;
  endpointOf?: Resolving['endpointOf'];
}

/** Aliases lead on from these; PTR for delegations of less than an octet (RFC 2317). */
const FOLLOWED: readonly LookupType[] = ['A', 'AAAA', 'TXT', 'TLSA', 'PTR'];
const MOST_ALIASES = 8;

/**
 * Every name is asked for as often as it is looked up: no cache. Of an alias and where it leads the longest TTL is told, since a cache may
 * hold either. What servers do is a result, never an error; rejects only when aborted.
 */
export function createLookup({ zones, resolvers, limits = {}, endpointOf = ON_PORT_53 }: LookupOptions): DnsLookup {
  const served = zones
    .map(({ zone, servers }) => ({ zone: dnsName(zone), servers }))
    .toSorted((a, b) => b.zone.length - a.zone.length);
  const options = { timeoutMs: limits.timeoutMs ?? 3000, attempts: limits.attempts ?? 3, resolvers, endpointOf };
  return {
    lookUp: async (name, type, signal) => {
      signal.throwIfAborted();
      const asked = type === 'PTR' ? reverseName(name) : dnsName(name);
      if (asked === null) return { kind: 'error', why: `"${name}" is no IP address` };
      try {
        return await follow({ name: asked, type }, { zones: served, options: { ...options, signal } });
      } catch (error) {
        signal.throwIfAborted();
        return { kind: 'error', why: errorText(error) };
      }
    },
  };
}

interface Places {
  zones: readonly ServedZone[];
  options: Resolving;
}

/** A result, or the name an alias leads to. */
type Step = LookupResult | { kind: 'alias'; target: string; ttl: number; secure: boolean };

async function follow(asked: { name: string; type: LookupType }, places: Places): Promise<LookupResult> {
  const seen = new Set<string>();
  let name = asked.name;
  let ttl = 0;
  let secure = true;
  while (seen.size <= MOST_ALIASES && !seen.has(name)) {
    seen.add(name);
    const step = await askOnce({ name, type: asked.type }, places);
    switch (step.kind) {
      case 'answer':
        return { ...step, ttl: Math.max(ttl, step.ttl), secure: secure && step.secure };
      case 'absent':
        return {
          kind: 'absent',
          negativeTtl: seen.size === 1 ? step.negativeTtl : Math.max(ttl, step.negativeTtl ?? 0),
        };
      case 'error':
        return step;
      case 'alias':
        if (!FOLLOWED.includes(asked.type)) {
          return {
            kind: 'error',
            why: `${name} is an alias (CNAME of ${step.target}), which cannot have a ${asked.type}`,
          };
        }
        name = step.target;
        ttl = Math.max(ttl, step.ttl);
        secure &&= step.secure;
    }
  }
  const why = seen.has(name) ? 'lead in a circle' : `are more than ${MOST_ALIASES}`;
  return { kind: 'error', why: `the aliases of ${asked.name} ${why}: ${[...seen, name].join(', ')}` };
}

async function askOnce(asked: { name: string; type: LookupType }, places: Places): Promise<Step> {
  const zone = places.zones.find((one) => isIn(asked.name, one.zone));
  if (zone === undefined) return throughResolvers(asked, places.options);
  const found = await askZone(zone, asked, places.options);
  // The servers of a zone never say AD. Their word counts for a TLSA only (RFC 7672 section 2.2): all else does without the question.
  const secure =
    asked.type === 'TLSA' && found.reading.kind === 'answer' && (await isSecure(found.zone, places.options));
  return stepOf(found.reading, secure);
}

async function throughResolvers(asked: Asked, options: Resolving): Promise<Step> {
  const reply: Reply = await askResolvers({ ...asked, dnssec: 'AD' }, options);
  const reading = readRrset(reply, asked);
  if (reading.kind === 'referral') return { kind: 'error', why: 'the resolver refers to other servers: it is none' };
  return stepOf(reading, reply.packet.flag_ad);
}

/** Whether the zone validates, by a name in it that is there for certain: its own. */
async function isSecure(zone: string, options: Resolving): Promise<boolean> {
  try {
    const { packet } = await askResolvers({ name: zone, type: 'SOA', dnssec: 'AD' }, options);
    return packet.flag_ad;
  } catch {
    options.signal.throwIfAborted();
    // Nobody said it is.
    return false;
  }
}

function stepOf(reading: ZoneReading, secure: boolean): Step {
  switch (reading.kind) {
    case 'answer':
      return { kind: 'answer', ...reading.rrset, secure };
    case 'absent':
      return { kind: 'absent', negativeTtl: reading.negativeTtl };
    case 'alias':
      return { kind: 'alias', target: reading.target, ttl: reading.ttl, secure };
    case 'error':
      return reading;
  }
}
