import { type MailHosts, organisation, type Place } from './mail-hosts.ts';
import type { HopClient, ReceivedHop } from './received.ts';

/** Where a message came into the old mail system: the hop, and who gave it to it. */
export interface Entry {
  /** Index of the hop; 0 was added last. */
  index: number;
  hop: ReceivedHop;
  client: HopClient;
  place: Place;
}

/** Delivery inside one mail system (RFC 2033), whatever the addresses are. */
const INSIDE = /^LMTP/;

/**
 * Goes from the last hop to the first until a message came from outside. null: it never did.
 *
 *   hop                                                          it is
 *   has no client, or LMTP, or the old host itself as client     inside, the next one is looked at
 *   client on a private network, a stranger further below        inside: a gateway, or a filter
 *   client of the hop's own organisation, as is the next hop     inside: the servers of a mail hoster
 *   anything else                                                from outside
 */
export function findEntry(hops: readonly ReceivedHop[], hosts: MailHosts): Entry | null {
  for (const [index, hop] of hops.entries()) {
    const { client } = hop;
    if (client === null || INSIDE.test(hop.protocol ?? '')) continue;
    const place = hosts.placeOf(client);
    if (place === 'old') continue;
    const below = hops.slice(index + 1);
    if (place === 'unknown' && (client.helo === null || client.helo === hop.by)) continue;
    if (place === 'private' || place === 'unknown') {
      const passedOn = below.some((lower) => lower.client !== null && isOutside(hosts.placeOf(lower.client)));
      if (passedOn && !hop.authenticated) continue;
    }
    if (place === 'public' && !hop.authenticated && isOfOneSystem(hop, client, below[0], hosts)) continue;
    return { index, hop, client, place };
  }
  return null;
}

const isOutside = (place: Place): boolean => place === 'public' || place === 'backup' || place === 'new';

function isOfOneSystem(hop: ReceivedHop, client: HopClient, lower: ReceivedHop | undefined, hosts: MailHosts): boolean {
  if (lower === undefined || lower.by === null) return false;
  if (hosts.placeOfName(lower.by) === 'old') return true;
  const own = organisation(hop.by);
  return own !== null && organisation(lower.by) === own && organisation(client.name ?? client.helo) === own;
}
