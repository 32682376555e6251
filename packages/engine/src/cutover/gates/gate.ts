import type { Gate, WaiverConfig } from '@mxodus/model';
import type { CutoverFacts } from '../facts.ts';
import type { CutoverSituation } from '../situation.ts';

/** What a provider said when it was asked whether it may make the next change. */
export type Rehearsal =
  | { kind: 'allowed'; zone: string; minTtl: number; atomic: boolean; compareAndSwap: boolean }
  | { kind: 'unknown'; zone: string; why: string; fix: string }
  | { kind: 'refused'; zone: string; why: string; fix: string };

/** Where the sync of one mailbox stands. */
export interface MailboxBacklog {
  mailbox: string;
  lastPass: 'complete' | 'incomplete' | 'never';
  inDoubt: number;
  failed: number;
}

/** `unknown` says why it could not be found out. */
export type Backlog = { kind: 'known'; mailboxes: readonly MailboxBacklog[] } | { kind: 'unknown'; why: string };

/** What a gate is judged from. Test mails are in `progress.canaries`, the addresses that get them in `canaries`. */
export interface GateInputs extends CutoverSituation {
  rehearsals: readonly Rehearsal[];
  backlog: Backlog;
  /** null: nothing was asked yet; what hangs on it is unknown, never green. */
  facts: CutoverFacts | null;
  waivers: readonly WaiverConfig[];
}

/** One gate, without its waiver. */
export type OneGate = (inputs: GateInputs) => Gate;
