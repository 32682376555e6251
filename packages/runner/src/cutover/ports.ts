import type { CutoverFacts, HistoryRow, MailboxBacklog } from '@mxodus/engine';
import type {
  CutoverRequest,
  Delegation,
  DnsLookup,
  DnsObserver,
  DnsProvider,
  LateMail,
  MtaStsPolicy,
  OldHost,
  SmtpClient,
} from '@mxodus/model';

/** final: before the switch · drain: after it, append-only · reverse: after a rollback, from the new side back to the old, append-only. */
export type PassMode = 'final' | 'drain' | 'reverse';

/** What one pass of sync over every mailbox of the plan came to. */
export interface PassResult {
  sourceMessages: number;
  movedNow: number;
  notMoved: number;
  inDoubt: number;
  /** Every mailbox was gone through to its end. */
  complete: boolean;
}

/** What is needed to look, and to tell how things stand. */
export interface LookPorts {
  observer: DnsObserver;
  lookup: DnsLookup;
  /** As of the observer, with the servers of the config. */
  delegation(zone: string, signal: AbortSignal): Promise<Delegation>;
  smtp: SmtpClient;
  mtaSts(domain: string, signal: AbortSignal): Promise<MtaStsPolicy>;
  /** The selectors of the config the new servers sign with. */
  dkimSelectors(domain: string): readonly string[];
  /** Bytes of the largest message of the plan; null: not known. */
  largestMessage(): number | null;
  providerFor(domain: string): Promise<DnsProvider>;
  /** null: the config has no `cutover.old_host`. */
  oldHost: OldHost | null;
  history: DnsHistory;
  facts: FactsFile;
  /** Every address the new hosts have to take: mailboxes, and those of `cutover.probe.recipients`. */
  recipients(): Promise<readonly string[]>;
  backlog(signal: AbortSignal): Promise<readonly MailboxBacklog[]>;
  /** Who would get test mails. */
  canaries: Pick<CanaryPost, 'recipients'>;
  /** Milliseconds since the epoch. */
  now(): number;
}

export interface CutoverPorts extends LookPorts {
  runPass(mode: PassMode, signal: AbortSignal): Promise<PassResult>;
  requests: RequestBox;
  canaries: CanaryPost;
  lateMail: LateMailBook;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** `.mxodus/<project>/dns-history.ndjson`: rows are added when something is served otherwise than before, and once a day. */
export interface DnsHistory {
  rows(): Promise<readonly HistoryRow[]>;
  note(rows: readonly HistoryRow[]): Promise<void>;
}

/** `.mxodus/<project>/cutover-facts.json`: the last answers, so that `status` need not ask again. */
export interface FactsFile {
  read(): Promise<CutoverFacts | null>;
  write(facts: CutoverFacts): Promise<void>;
}

/** `.mxodus/<project>/cutover-requests/`: what people ask of a run from another terminal. */
export interface RequestBox {
  waiting(): Promise<readonly { id: string; request: CutoverRequest }[]>;
  /** After the journal has it. */
  done(id: string): Promise<void>;
}

export interface Canary {
  id: string;
  domain: string;
  recipient: string;
}

/** Test mails through the real MX path. */
export interface CanaryPost {
  /** The addresses to send to; none: no canaries. */
  recipients(): readonly { domain: string; recipient: string }[];
  /** Resolves the MX as a stranger would, and sends. */
  send(
    canary: Canary,
    signal: AbortSignal,
  ): Promise<{ kind: 'sent' } | { kind: 'bounced' | 'unsent' | 'unknown'; why: string }>;
  /** Where each is now, of those that arrived; looks at the mailboxes at both ends. */
  find(
    canaries: readonly Canary[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, { at: 'new' | 'old'; arrived: number | null }>>;
}

/** `.mxodus/<project>/late-mail.ndjson`. */
export interface LateMailBook {
  rows(): Promise<readonly LateMail[]>;
  /** Looks at what the passes that began since `since` (milliseconds) fetched, explains it, and adds it; each message once. Returns the new rows. */
  collect(since: number, switchedAt: number, signal: AbortSignal): Promise<readonly LateMail[]>;
}
