import type { Wait } from '@mxodus/model';

/**
 * One voice for all that may wait at once, over both ends of a mailbox: each gets an `onWait` of its own. Told is the wait that ends
 * last, anew whenever that is another one, and null when nobody waits any more. A wait without a known end is told when there is no
 * other.
 */
export function severalWaits(tell: (wait: Wait | null) => void): () => (wait: Wait | null) => void {
  const waits = new Map<object, Wait>();
  let told: Wait | null = null;
  let due = false;
  const tellLast = (): void => {
    due = false;
    const last = lastToEnd(waits.values());
    if (last?.why === told?.why && last?.until === told?.until) return;
    told = last;
    tell(last);
  };
  return () => {
    const who = {};
    return (wait) => {
      if (wait === null) waits.delete(who);
      else waits.set(who, wait);
      // When all end at once, only that is told.
      if (!due) queueMicrotask(tellLast);
      due = true;
    };
  };
}

function lastToEnd(waits: Iterable<Wait>): Wait | null {
  let last: Wait | null = null;
  for (const wait of waits) if (last === null || endOf(wait) > endOf(last)) last = wait;
  return last;
}

const endOf = ({ until }: Wait): number => (until === null ? Number.NEGATIVE_INFINITY : Date.parse(until));
