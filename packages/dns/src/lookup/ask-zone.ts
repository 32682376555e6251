import { type DnsEndpoint, dnsName } from '@mxodus/model';
import { errorText } from '../error-text.ts';
import type { Resolving } from '../observe/ask-resolvers.ts';
import { addressesOf } from '../observe/find-authoritative.ts';
import { query, type Reply } from '../observe/query.ts';
import { type Reading, readGlue, readRrset } from '../observe/read-rrset.ts';
import type { AskedType } from '../observe/record-text.ts';

export interface ServedZone {
  zone: string;
  servers: readonly DnsEndpoint[];
}

export interface Asked {
  name: string;
  type: AskedType;
}

export type ZoneReading = Exclude<Reading, { kind: 'referral' }>;

/** More delegations one below the other than anybody has. */
const MOST_REFERRALS = 8;

/** Asks the servers of a zone, and those it delegates to, for a name in it. Never a cache. Rejects only when aborted. */
export async function askZone(
  { zone, servers }: ServedZone,
  asked: Asked,
  options: Resolving,
): Promise<{ reading: ZoneReading; zone: string }> {
  let at: ServedZone = { zone: dnsName(zone), servers };
  for (let referrals = 0; referrals <= MOST_REFERRALS; referrals += 1) {
    const answer = await firstAnswer(at, asked, options);
    if (answer.kind === 'told') return { reading: answer.reading, zone: at.zone };
    at = await referredTo(answer, options);
  }
  return {
    reading: { kind: 'error', why: `the servers of ${zone} refer from one to the other` },
    zone: at.zone,
  };
}

type Answer = { kind: 'told'; reading: ZoneReading } | (Referral & { reply: Reply });
type Referral = Extract<Reading, { kind: 'referral' }>;

/** Of the first server that serves the zone. */
async function firstAnswer({ zone, servers }: ServedZone, asked: Asked, options: Resolving): Promise<Answer> {
  const failures: string[] = [];
  for (const server of servers) {
    try {
      const reply = await query(server, { ...asked, transport: 'udp', recurse: false }, options);
      const reading = readRrset(reply, asked);
      if (reading.kind === 'referral' && isBelow(reading.zone, zone) && isIn(asked.name, reading.zone)) {
        return { ...reading, reply };
      }
      const why = whyNot(reading);
      if (why === null && reading.kind !== 'referral') return { kind: 'told', reading };
      failures.push(`${server.name}: ${why}`);
    } catch (error) {
      if (options.signal.aborted) throw error;
      failures.push(`${server.name}: ${errorText(error)}`);
    }
  }
  const why = failures.length === 0 ? 'they have no address' : failures.join('; ');
  return { kind: 'told', reading: { kind: 'error', why: `no server of the zone ${zone} answered: ${why}` } };
}

function whyNot(reading: Reading): string | null {
  if (reading.kind === 'error') return reading.why;
  if (reading.kind === 'referral') return 'it refers to other servers: it does not serve the zone (lame)';
  return reading.authoritative ? null : 'it answered without authority';
}

async function referredTo(
  { zone, servers, reply }: Referral & { reply: Reply },
  options: Resolving,
): Promise<ServedZone> {
  const found = await Promise.all(
    servers.map(async (host) => {
      const glue = readGlue(reply, host).records;
      if (glue.length > 0) return glue.map((address) => options.endpointOf(host, address));
      try {
        return await addressesOf(host, options);
      } catch (error) {
        if (options.signal.aborted) throw error;
        // The others may do; when none does, nobody answers.
        return [];
      }
    }),
  );
  return { zone, servers: found.flat() };
}

export function isIn(name: string, zone: string): boolean {
  return zone === '.' || name === zone || isBelow(name, zone);
}

function isBelow(name: string, zone: string): boolean {
  return zone === '.' ? name !== '.' : name.endsWith(`.${zone}`);
}
