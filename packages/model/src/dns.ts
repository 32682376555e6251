import type { MxRecord } from './config.ts';

/** The words of DNS (RFC 1035, 2136) and the ports the cutover uses. */

export interface DnsEndpoint {
  /** As configured or found: `ns1.example.com` or an address. */
  name: string;
  /** An IP address. */
  address: string;
  port: number;
}

/**
 * An MX RRset with the TTL in seconds; records sorted by preference, then host; hosts lower-case without the final dot (the host of
 * a null MX, RFC 7505, is "."). No records: the name has no MX RRset, and the TTL is how long caches remember that (RFC 2308).
 */
export interface MxRrset {
  ttl: number;
  records: readonly MxRecord[];
}

/** The order records are kept and compared in. */
export function sortMx(records: readonly MxRecord[]): MxRecord[] {
  return records
    .map(({ host, preference }) => ({ host: dnsName(host), preference }))
    .toSorted((a, b) => a.preference - b.preference || (a.host < b.host ? -1 : Number(a.host > b.host)));
}

/** Lower-case, without the final dot; the root stays ".". */
export function dnsName(name: string): string {
  const trimmed = name.toLowerCase().replace(/\.$/, '');
  return trimmed === '' ? '.' : trimmed;
}

/** Equal hosts and preferences; the TTL may differ. */
export function sameRecords(a: readonly MxRecord[], b: readonly MxRecord[]): boolean {
  const [left, right] = [sortMx(a), sortMx(b)];
  return (
    left.length === right.length &&
    left.every((record, index) => record.host === right[index]?.host && record.preference === right[index]?.preference)
  );
}

/** Equal records and TTL. Where there are no records the TTL is only a cache's memory, and not compared. */
export function sameRrset(a: MxRrset, b: MxRrset): boolean {
  return sameRecords(a.records, b.records) && (a.ttl === b.ttl || a.records.length === 0);
}

/** What one server said about one RRset at one moment. */
export type Observation =
  | { kind: 'answer'; at: string; server: DnsEndpoint; authoritative: boolean; serial: number | null; mx: MxRrset }
  /** No MX RRset. `negativeTtl`: how long a cache may remember that, min(SOA TTL, SOA minimum), RFC 2308 section 5. */
  | {
      kind: 'absent';
      at: string;
      server: DnsEndpoint;
      authoritative: boolean;
      serial: number | null;
      negativeTtl: number | null;
    }
  | { kind: 'error'; at: string; server: DnsEndpoint; why: string };

/** Reads DNS with TTLs, without any cache of its own. */
export interface DnsObserver {
  /** Addresses of the zone's authoritative servers: the configured ones, else found from the NS set. */
  authoritative(zone: string, configured: readonly string[] | undefined, signal: AbortSignal): Promise<DnsEndpoint[]>;
  /** Asks one authoritative server for the MX RRset (over UDP and TCP, which must agree) and the SOA serial. */
  observe(server: DnsEndpoint, zone: string, domain: string, signal: AbortSignal): Promise<Observation>;
  /** Asks a caching resolver (host or host:port). The TTL is what remains. Evidence, never a gate. */
  ask(resolver: string, domain: string, signal: AbortSignal): Promise<Observation>;
}

/** One change of one MX RRset. `before` is the compare-and-swap guard: nothing is changed unless it is what is there. */
export interface MxChange {
  domain: string;
  before: MxRrset;
  after: MxRrset;
}

export type ApplyResult =
  /** `after` is what the server now holds; also when it already did. */
  | { kind: 'applied'; serial: number | null }
  /** The guard did not hold; nothing was changed. */
  | { kind: 'conflict'; why: string }
  /** A person has to make the change; the caller observes until it is there. */
  | { kind: 'by-hand'; instructions: string };

/** Something that can change a zone. Throws MxodusError (DNS_REFUSED, DNS_UNREACHABLE, DNS_ANSWER). */
export interface DnsProvider {
  readonly name: string;
  readonly capabilities: { atomic: boolean; compareAndSwap: boolean; minTtl: number };
  /** All changes in one transaction where `atomic`. */
  apply(changes: readonly MxChange[], signal: AbortSignal): Promise<ApplyResult>;
  /** A harmless proof that the credentials may change the zone: throws as `apply` would. Unknown is not a yes. */
  rehearse(changes: readonly MxChange[], signal: AbortSignal): Promise<'allowed' | 'unknown'>;
}
