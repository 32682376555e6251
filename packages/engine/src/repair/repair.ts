/** What a repair takes and gives: one message as APPEND would send it. */
export interface Repairable {
  readonly flags: readonly string[];
  /** Milliseconds since the epoch; null: APPEND names no date. */
  readonly internalDate: number | null;
  readonly body: Buffer;
}

export type FlagRepairName = 'named-flags' | 'keywords' | 'system-flags-only';
export type DateRepairName = 'date-in-range' | 'no-date';
export type BodyRepairName =
  | 'final-line-end'
  | 'line-ends'
  | 'nul'
  | 'mbox-line'
  | 'header-lines'
  | 'header-8bit'
  | 'long-lines';
export type RepairName = FlagRepairName | DateRepairName | BodyRepairName | 'everything';

/** A message with the changes that are to be tried next. */
export interface Repair extends Repairable {
  /** The change this one adds to those before it. */
  readonly name: RepairName;
  /** Made on each read, so that a list over a large message does not hold it many times over: read it once. */
  readonly body: Buffer;
  /** Every change made to the original, for the report. */
  readonly what: string;
  readonly why: string;
}

/**
 * What a change does to a signature over the content: nothing, nothing where the signer counted line ends as CRLF (RFC 1847, RFC 8551
 * say so), or it cannot be verified any more.
 */
export type SignatureEffect = 'kept' | 'may-break' | 'breaks';

export interface RepairedBody {
  body: Buffer;
  what: string;
  signature: SignatureEffect;
}

/** null: there is nothing to repair. Never gives back the bytes it got. */
export type BodyRepair = (body: Buffer) => RepairedBody | null;
