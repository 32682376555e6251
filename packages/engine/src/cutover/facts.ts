import type { Delegation, LookupResult, MailRouting, MtaStsPolicy, RcptAnswer, SmtpGreeting } from '@mxodus/model';

/** What was found out around the switch, beside the live records. The gates judge it; `null` is "not asked", which is never green. */
export interface CutoverFacts {
  /** Milliseconds since the epoch: when the asking began. */
  at: number;
  delegations: readonly Delegation[];
  /** null: `cutover.probe` is not set. */
  recipients: RecipientFacts | null;
  /** The new MX hosts; null: `cutover.probe` is not set. */
  hosts: readonly HostFacts[] | null;
  mailAuth: readonly MailAuthFacts[];
  /** null: `cutover.old_host` is not set. */
  routing: readonly RoutingFacts[] | null;
}

/** What the new MX hosts say to RCPT, the worst answer of a domain's hosts for each address. */
export interface RecipientFacts {
  answers: readonly { address: string; host: string; answer: RcptAnswer }[];
  /** An address nobody has, made up for this question: a host that takes it takes anything, and its other answers prove nothing. */
  controls: readonly { domain: string; host: string; answer: RcptAnswer }[];
  /** Domains whose new MX hosts have no address. */
  unreachable: readonly { domain: string; why: string }[];
}

export interface HostFacts {
  host: string;
  /** Domains it is to be an MX of. */
  domains: readonly string[];
  /** Bytes of the largest message that is moved; null: not known. A host that takes less may refuse mail the old one took. */
  largestMessage: number | null;
  /** An MX must not be an alias (RFC 2181 section 10.3). */
  alias: LookupResult;
  a: LookupResult;
  aaaa: LookupResult;
  /** TLSA at _25._tcp.<host>. */
  tlsa: LookupResult;
  addresses: readonly HostAddressFacts[];
}

export interface HostAddressFacts {
  address: string;
  ptr: LookupResult;
  /** The addresses of the names the PTR gives: forward-confirmed where they hold this one. */
  forward: LookupResult;
  greeting: SmtpGreeting;
  /** Lists that name it; 127.255.255.x is a refusal to answer, not a listing. */
  listed: readonly { list: string; result: LookupResult }[];
}

/** What a domain publishes about its mail. */
export interface MailAuthFacts {
  domain: string;
  /** TXT of the domain; what its SPF record makes a receiver ask, by the keys of `spfQuestions`. */
  txt: LookupResult;
  spfIncludes: Readonly<Record<string, LookupResult>>;
  dmarc: LookupResult;
  /** TXT at <selector>._domainkey.<domain>, by selector. */
  dkim: Readonly<Record<string, LookupResult>>;
  /** `addresses`: where the policy is fetched from. */
  mtaSts: { txt: LookupResult; policy: MtaStsPolicy; addresses: readonly string[] };
  tlsRpt: LookupResult;
  /** MX of a name nobody has below the domain: answered by a wildcard. */
  wildcard: LookupResult;
  /** A and AAAA of the domain itself: where mail goes when there is no MX (RFC 5321 section 5.1). */
  address: LookupResult;
  /** The addresses of the MX hosts of before, and of each of the new ones. */
  oldAddresses: readonly string[];
  newAddresses: Readonly<Record<string, readonly string[]>>;
}

export interface RoutingFacts {
  domain: string;
  state:
    | { kind: 'known'; set: MailRouting; effective: Exclude<MailRouting, 'auto'> | null }
    | { kind: 'unknown'; why: string };
}
