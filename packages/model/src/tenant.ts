import type { MxRecord } from './config-dns.ts';
import type { Quota } from './mail.ts';

/** What is asked of a mail system that is a tenant (Microsoft 365) and not a server: who may what, who has a mailbox, whose is a domain. */

/** Something that may not be known: not allowed to ask, not told, hidden. `why` says which, in words for people. */
export type Fact<T> = { known: true; value: T } | { known: false; why: string };

/**
 * `required`: nothing moves without it. `recommended`: works without it, in part or until a date. `audit`: only what a plan can foretell
 * hangs on it. `writer`: the configured way to write needs it.
 */
export type PermissionNeed = 'required' | 'recommended' | 'audit' | 'writer';

export interface TenantPermission {
  /** As Microsoft names it: "Mail.ReadWrite". */
  name: string;
  need: PermissionNeed;
  /** What it is for, and what happens without it. */
  why: string;
  /**
   * `unproven`: the token does not have it, but it may have been granted for some mailboxes only (RBAC for Applications), which no
   * token shows: the mailbox has to be asked.
   */
  state: 'granted' | 'unproven' | 'missing';
}

/** Whether the mailbox itself answers, whatever the directory says. `words`: the service's own. */
export type MailboxAnswer =
  | { kind: 'answers' }
  /** No mailbox: not made yet, inactive, soft-deleted or on-premises. */
  | { kind: 'not-enabled'; words: string }
  | { kind: 'unknown-user'; words: string }
  /** Mail.ReadWrite is missing, or does not reach this mailbox. */
  | { kind: 'denied'; words: string };

export interface TenantMailbox {
  user: string;
  answer: MailboxAnswer;
  /** In the directory. */
  exists: Fact<boolean>;
  /** All its addresses, the primary one first. */
  addresses: Fact<readonly string[]>;
  /** Its user may sign in. */
  enabled: Fact<boolean>;
  /** `pending`: assigned, and still being set up. */
  licence: Fact<'active' | 'pending' | 'none'>;
  /** "user", "linked", "shared", "room", "equipment", "others". All but user and linked need no licence. */
  purpose: Fact<string>;
  /** By a report that is about two days old. */
  usage: Fact<Quota>;
  /** The largest message it takes, in bytes. */
  messageLimit: Fact<number>;
}

export type TenantDomain =
  | { domain: string; kind: 'verified' }
  /** Added to the tenant. `txt`: what has to be published to prove whose the domain is; null where that was not told. */
  | { domain: string; kind: 'not-verified'; txt: TxtToPublish | null; elsewhere: Fact<string | null> }
  /** `elsewhere`: the id of the tenant that holds it; null: none does. */
  | { domain: string; kind: 'not-added'; elsewhere: Fact<string | null> }
  | { domain: string; kind: 'unknown'; why: string };

export interface TxtToPublish {
  name: string;
  text: string;
  ttl: number;
}

/** A record the mail system asks for beside the MX: SPF, autodiscover. */
export interface AdvisedRecord {
  type: 'TXT' | 'CNAME';
  name: string;
  value: string;
  ttl: number;
  optional: boolean;
}

export interface ServiceRecords {
  /** Sorted by preference, then host; never empty. */
  mx: readonly MxRecord[];
  /** Of the MX. */
  ttl: number;
  advised: readonly AdvisedRecord[];
}

/** Seats of one product that comes with a mailbox. */
export interface Licence {
  /** "EXCHANGESTANDARD", "O365_BUSINESS_ESSENTIALS". */
  name: string;
  seats: number;
  free: number;
}

/** What the probe writes by; `imap-append` has nothing to probe. */
export type ProbeWriter = 'graph-json' | 'graph-importmime';

/**
 *   fault      means                                                        stops graph-json   stops graph-importmime
 *   draft      the message came back as a draft                             yes                yes
 *   date       its date of arrival is lost                                  yes                yes
 *   refused    the service would not take it at all                         yes                yes
 *   key        it does not have its key                                     yes                no: found by its Message-ID
 *   search     it has its key, and a search by it does not find it yet      no
 *   read       it came back unread though it was written read               no                 no: set afterwards
 *   sent       the date of sending is not the one of the Date header        no                 no
 *   headers    its header lines are not there                               no                 no
 */
export type ProbeFault = 'draft' | 'date' | 'key' | 'refused' | 'search' | 'read' | 'sent' | 'headers';

export interface ProbeResult {
  writer: ProbeWriter;
  user: string;
  faults: readonly { fault: ProbeFault; words: string }[];
  /** Where the date of arrival came from; `other` where it is none of these. */
  arrival: 'asked-for' | 'received-header' | 'date-header' | 'time-of-writing' | 'other' | null;
  /** What could not be removed again; null: nothing is left. The next probe removes it. */
  left: string | null;
}

/** Throws MxodusError where the tenant cannot be asked at all (sign-in, unreachable, throttled for good). Only `probe` writes. */
export interface MailTenant {
  /** The server's name in the config. */
  readonly server: string;
  /** The tenant's id. */
  readonly tenant: string;
  /** Gets a token and reads what it allows. */
  permissions(): Promise<readonly TenantPermission[]>;
  mailbox(user: string): Promise<TenantMailbox>;
  /** In the order of the names. */
  domains(names: readonly string[]): Promise<readonly TenantDomain[]>;
  /** The records of a verified domain for its mail; not known while the tenant has none for it. */
  serviceRecords(domain: string): Promise<Fact<ServiceRecords>>;
  /** Products whose licence makes a mailbox. */
  licences(): Promise<Fact<readonly Licence[]>>;
  /**
   * Writes one small message into a hidden folder of this mailbox, reads it back and removes both for good. What an earlier probe left
   * there is removed first.
   */
  probe(user: string, writer: ProbeWriter): Promise<ProbeResult>;
}

/** After this fault nothing may be moved. */
export const stopsTheMove = (writer: ProbeWriter, fault: ProbeFault): boolean =>
  fault === 'draft' || fault === 'date' || fault === 'refused' || (fault === 'key' && writer === 'graph-json');
