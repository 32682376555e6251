import type { MailboxBacklog } from '@mxodus/engine';
import type { DnsObserver, DnsProvider } from '@mxodus/model';

export type PassMode = 'final' | 'drain';

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
  providerFor(domain: string): Promise<DnsProvider>;
  backlog(signal: AbortSignal): Promise<readonly MailboxBacklog[]>;
  /** Milliseconds since the epoch. */
  now(): number;
}

export interface CutoverPorts extends LookPorts {
  /** The same sync as always; `drain` only appends. */
  runPass(mode: PassMode, signal: AbortSignal): Promise<PassResult>;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}
