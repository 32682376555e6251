/** The words of DNS (RFC 1035, 2136) and the ports the cutover uses. */

export interface DnsEndpoint {
  /** As configured or found: `ns1.example.com` or an address. */
  name: string;
  /** An IP address. */
  address: string;
  port: number;
}

/** The types a cutover can change. */
export const RR_TYPES = ['MX', 'TXT', 'CNAME', 'A', 'AAAA', 'SRV', 'TLSA'] as const;

export type RrType = (typeof RR_TYPES)[number];

/** An RRset's name (lower-case, no final dot) and type. */
export interface RrsetName {
  name: string;
  type: RrType;
}

/**
 * The records of an RRset in their canonical text (see `canonicalRecord`), sorted, with the TTL in seconds. No records: the RRset is not
 * there, and the TTL is how long caches remember that (RFC 2308).
 */
export interface Rrset {
  ttl: number;
  records: readonly string[];
}

/** Equal records; the TTL may differ. */
export function sameRecords(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.toSorted().join('\n') === b.toSorted().join('\n');
}

/** Equal records and TTL. Where there are no records the TTL is only a cache's memory, and not compared. */
export function sameRrset(a: Rrset, b: Rrset): boolean {
  return sameRecords(a.records, b.records) && (a.ttl === b.ttl || a.records.length === 0);
}

/** What one server said about one RRset at one moment. */
export type Observation =
  | { kind: 'answer'; at: string; server: DnsEndpoint; authoritative: boolean; serial: number | null; rrset: Rrset }
  /** No such RRset. `negativeTtl`: how long a cache may remember that, min(SOA TTL, SOA minimum), RFC 2308 section 5. */
  | {
      kind: 'absent';
      at: string;
      server: DnsEndpoint;
      authoritative: boolean;
      serial: number | null;
      negativeTtl: number | null;
    }
  | { kind: 'error'; at: string; server: DnsEndpoint; why: string };

/** `Delegation.why` where the servers of a zone are configured. */
export const PARENT_NOT_ASKED = 'the servers of the zone are configured: its parent is not asked';

/** How a zone hangs on its parent; what could not be asked says why. */
export interface Delegation {
  zone: string;
  /** NS names at the parent with their TTL; null: the parent was not asked (servers are configured) or did not tell. */
  parent: Rrset | null;
  /** NS names in the zone itself, by the server asked. */
  child: readonly { server: DnsEndpoint; ns: Rrset | null; why: string | null }[];
  /** The DS RRset at the parent (canonical text); null: not asked or not told; no records: the zone is not signed. */
  ds: Rrset | null;
  /** With a DS: whether validating resolvers say AD; null: not asked, or none validates. */
  validates: boolean | null;
  why: string | null;
}

/** Reads DNS with TTLs, without any cache of its own. */
export interface DnsObserver {
  /** Addresses of the zone's authoritative servers: the configured ones, else found from the NS set. */
  authoritative(zone: string, configured: readonly string[] | undefined, signal: AbortSignal): Promise<DnsEndpoint[]>;
  /** Asks one authoritative server for the RRset (over UDP and TCP, which must agree) and the SOA serial. */
  observe(server: DnsEndpoint, zone: string, rrset: RrsetName, signal: AbortSignal): Promise<Observation>;
  /** Asks a caching resolver (host or host:port). The TTL is what remains. Evidence, never a gate. */
  ask(resolver: string, rrset: RrsetName, signal: AbortSignal): Promise<Observation>;
  /** The NS and DS of a zone at its parent and in itself. With servers configured the parent is not asked. */
  delegation(zone: string, configured: readonly string[] | undefined, signal: AbortSignal): Promise<Delegation>;
}

/** What a name has, as far as it could be found out. */
export type LookupResult =
  | {
      kind: 'answer';
      ttl: number;
      records: readonly string[] /** By DNSSEC, as the resolver says (AD). */;
      secure: boolean;
    }
  | { kind: 'absent'; negativeTtl: number | null }
  | { kind: 'error'; why: string };

export type LookupType = RrType | 'NS' | 'PTR' | 'SOA';

/**
 * Looks names up the way a cutover may: those inside its own zones at their authoritative servers, so that no cache learns that a name
 * is not there yet; all others through a resolver. Aliases (CNAME) are followed for address and TXT look-ups.
 */
export interface DnsLookup {
  lookUp(name: string, type: LookupType, signal: AbortSignal): Promise<LookupResult>;
}

/** One change of one RRset. `before` is the compare-and-swap guard: nothing is changed unless it is what is there. */
export interface RrsetChange extends RrsetName {
  before: Rrset;
  after: Rrset;
}

export type ApplyResult =
  /** `after` is what the provider now holds; also when it already did. `changeId`: its own name for the change, where it has one. */
  | { kind: 'applied'; serial: number | null; changeId: string | null }
  /** The guard did not hold; nothing was changed. */
  | { kind: 'conflict'; why: string }
  /** A person has to make the change; the caller observes until it is there. */
  | { kind: 'by-hand'; instructions: string };

export interface DnsCapabilities {
  /** All RRsets of one `apply` change together or not at all. */
  atomic: boolean;
  /** The server itself refuses the change when `before` is not what it holds. */
  compareAndSwap: boolean;
  /** Seconds: no TTL below it is accepted. */
  minTtl: number;
}

/**
 * Something that can change a zone. Throws MxodusError: DNS_REFUSED (a definite no, nothing changed), DNS_UNREACHABLE or DNS_ANSWER (in
 * doubt). A provider that is not atomic changes RRset after RRset, creations first; called again with the same changes it does what is
 * left: an RRset that is `after` already is left alone, one that is neither `before` nor `after` is a conflict.
 */
export interface DnsProvider {
  readonly name: string;
  readonly capabilities: DnsCapabilities;
  apply(changes: readonly RrsetChange[], signal: AbortSignal): Promise<ApplyResult>;
  /**
   * A harmless proof that the credentials may make the changes, and that `before` is what is there: throws as `apply` would. Unknown is
   * not a yes. May raise `minTtl` by what the zone says.
   */
  rehearse(changes: readonly RrsetChange[], signal: AbortSignal): Promise<'allowed' | 'unknown'>;
}
