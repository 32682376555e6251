import type { CutoverState, JournalEntry } from '@mxodus/model';

/** Times are milliseconds since the epoch. */
export interface CanaryRecord {
  id: string;
  domain: string;
  recipient: string;
  /** The state it was announced in. */
  state: CutoverState;
  sentAt: number;
  /** A mail host said yes to it. Until then it may never have left: its sending was cut off, or no answer came. */
  taken: boolean;
  /** null: on its way, or its sending was cut off: it is looked for, never sent again. */
  seen: CanarySeen | null;
}

export interface CanarySeen {
  at: 'new' | 'old' | 'bounced' | 'unsent';
  seenAt: number;
  /** From sending until it was in the mailbox; null: not told. */
  delayMs: number | null;
  why: string | null;
}

/** What the journal says of the test mails, by id, in the order they were sent. */
export interface CanaryProgress {
  byId: ReadonlyMap<string, CanaryRecord>;
}

export const noCanaries: CanaryProgress = { byId: new Map() };

/** The test mails after this entry; a later `started` begins anew. What was seen first stays: no canary is in two places. */
export function advanceCanaries(progress: CanaryProgress, entry: JournalEntry): CanaryProgress {
  const at = Date.parse(entry.time);
  switch (entry.event) {
    case 'started':
      return noCanaries;
    case 'canary_sent':
      return put(progress, { ...entry.facts, state: entry.state, sentAt: at, taken: false, seen: null });
    case 'canary_taken': {
      const canary = progress.byId.get(entry.facts.id);
      return canary === undefined ? progress : put(progress, { ...canary, taken: true });
    }
    case 'canary_seen': {
      const { id, at: where, delay_ms, why } = entry.facts;
      const canary = progress.byId.get(id);
      if (canary === undefined || canary.seen !== null) return progress;
      return put(progress, { ...canary, seen: { at: where, seenAt: at, delayMs: delay_ms, why } });
    }
    default:
      return progress;
  }
}

export interface CanaryCounts {
  sent: number;
  new: number;
  old: number;
  bounced: number;
  /** Never left this machine: not counted as sent. */
  unsent: number;
  /** Sent, and not seen yet. */
  awaited: number;
}

export function countCanaries({ byId }: CanaryProgress): CanaryCounts {
  const counts: CanaryCounts = { sent: 0, new: 0, old: 0, bounced: 0, unsent: 0, awaited: 0 };
  for (const { seen } of byId.values()) {
    counts[seen?.at ?? 'awaited'] += 1;
    if (seen?.at !== 'unsent') counts.sent += 1;
  }
  return counts;
}

/** Sent and not seen yet, oldest first. */
export function awaitedCanaries({ byId }: CanaryProgress): CanaryRecord[] {
  return [...byId.values()].filter(({ seen }) => seen === null);
}

function put({ byId }: CanaryProgress, canary: CanaryRecord): CanaryProgress {
  return { byId: new Map(byId).set(canary.id, canary) };
}
