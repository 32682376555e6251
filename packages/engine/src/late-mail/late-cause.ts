import type { LateMail } from '@mxodus/model';
import type { Entry } from './find-entry.ts';
import { howLong } from './how-long.ts';
import { clientText, organisation } from './mail-hosts.ts';
import type { ReceivedHop } from './received.ts';

export interface Verdict {
  cause: LateMail['cause'];
  why: string;
}

/** What the waits of the cutover say: how long after the switch caches may hold what, in milliseconds. */
export interface CacheTimes {
  /** Until then every cache that honours the low TTL, or has a floor of its own, may hold the old MX. */
  low: number;
  /** The same of the TTL from before it was lowered: nothing that is a cache holds it longer. */
  longest: number;
}

export interface CauseFacts {
  entry: Entry;
  hops: readonly ReceivedHop[];
  /** Of the sender's address; '' where there is none. */
  sender: string;
  /** Somebody above the entry wrote down that SPF passed: the client may send for this sender. */
  spfPassed: boolean;
  /** Domains that are switched. */
  domains: ReadonlySet<string>;
  afterSwitchMs: number | null;
  caches: CacheTimes;
  /** The same client came before, when no cache could hold the old MX any more. */
  cameBefore: boolean;
}

/** Why a message from outside came to the old host; the first line that fits. */
export function lateCause(facts: CauseFacts): Verdict {
  const { entry, afterSwitchMs, caches } = facts;
  const client = clientText(entry.client) || 'a client without a name';
  if (entry.hop.protocol !== null && /^(HTTPS?|MAPI)$/.test(entry.hop.protocol))
    return { cause: 'local', why: `it was written in the webmail of the old host, by ${client}` };
  if (entry.hop.authenticated) {
    const login = entry.hop.login === null ? '' : ` as ${entry.hop.login}`;
    return { cause: 'hard-coded', why: `${client} signed in at the old host itself${login}, to send through it` };
  }
  if (entry.place === 'private')
    return { cause: 'hard-coded', why: `${client}, a machine of the same network, gave it to the old host` };
  return (
    relayVerdict(facts, client) ??
    (afterSwitchMs === null
      ? { cause: 'unknown', why: `${client} brought it; the old host does not tell when` }
      : timeVerdict({ client, afterSwitchMs, caches, cameBefore: facts.cameBefore }))
  );
}

function relayVerdict(facts: CauseFacts, client: string): Verdict | null {
  const { entry, hops } = facts;
  if (entry.place === 'backup')
    return { cause: 'backup-mx', why: `${client}, a backup MX of before, passed it on to the old host` };
  if (entry.place === 'new')
    return { cause: 'backup-mx', why: `${client}, a new MX host, passed it on to the old one instead of keeping it` };
  const lower = hops[entry.index + 1];
  if (lower === undefined || !relaysForUs(facts, lower)) return null;
  const from = lower.client === null ? 'elsewhere' : clientText(lower.client);
  return { cause: 'backup-mx', why: `${client} took it from ${from} and passed it on to the old host` };
}

/**
 * A host between the sender and the old host that is neither's: it took the message for one of our addresses from a stranger of another
 * organisation who did not sign in, and is not known to send for the sender.
 */
function relaysForUs({ entry, sender, spfPassed, domains }: CauseFacts, lower: ReceivedHop): boolean {
  if (lower.client === null || lower.client.address === null || lower.authenticated || spfPassed) return false;
  const relay = organisation(entry.client.name ?? entry.client.helo);
  if (relay === null || organisation(lower.by) !== relay) return false;
  const origin = organisation(lower.client.name ?? lower.client.helo);
  if (origin === relay || organisation(domainOf(sender)) === relay) return false;
  return domains.has(domainOf(lower.recipient ?? '')) || [...domains].some((domain) => organisation(domain) === relay);
}

function timeVerdict(of: { client: string; afterSwitchMs: number; caches: CacheTimes; cameBefore: boolean }): Verdict {
  const { client, afterSwitchMs, caches, cameBefore } = of;
  const after = `${howLong(Math.abs(afterSwitchMs))} ${afterSwitchMs < 0 ? 'before' : 'after'} the switch`;
  if (afterSwitchMs < 0)
    return { cause: 'cache', why: `${client} brought it ${after}; the last pass before that had looked already` };
  if (afterSwitchMs <= caches.low)
    return {
      cause: 'cache',
      why: `${client} brought it ${after}: caches may hold the old MX for ${howLong(caches.low)}`,
    };
  if (cameBefore && afterSwitchMs > caches.longest) {
    return {
      cause: 'hard-coded',
      why: `${client} keeps coming, ${after}: no cache holds an MX that long, it has the old host in its settings`,
    };
  }
  return {
    cause: 'sticky',
    why: `${client} brought it ${after}: every cache should have let go of the old MX after ${howLong(caches.low)}`,
  };
}

export const domainOf = (address: string): string => address.slice(address.lastIndexOf('@') + 1).toLowerCase();
