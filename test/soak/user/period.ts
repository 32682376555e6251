import type { Content, Stored } from '../model/mailbox.ts';

/**
 * What happened since the last complete pass, as far as it limits what may happen before the next one. Where two steps on the same
 * message would leave more than one right outcome, the second one waits for its period.
 */
export interface Period {
  /** Came, moved, copied, deleted or doubled at the source. */
  moved: Set<Content>;
  /** Flags changed, at one of the ends. */
  flagged: Set<Stored>;
  /** Made, renamed or removed. */
  folders: Set<string>;
  /** Deleted at the source, ever: an equal message is not added later, or it might be taken for the deleted one on its way. */
  sealed: Set<Content>;
}

export const newPeriod = (before?: Period): Period => ({
  moved: new Set(),
  flagged: new Set(),
  folders: new Set(),
  sealed: before?.sealed ?? new Set(),
});
