import type { MessageMeta } from '@mxodus/model';

/** What the messages of a folder look like, with how often each look is there. */
export interface Look {
  /** By what they are compared: a mail system that stores messages in a form of its own has sizes of its own. */
  by: 'size-and-date' | 'date';
  counts: ReadonlyMap<string, number>;
}

export function lookOf(messages: readonly MessageMeta[], by: Look['by'] = 'size-and-date'): Look {
  const counts = new Map<string, number>();
  for (const message of messages) counts.set(key(message, by), (counts.get(key(message, by)) ?? 0) + 1);
  return { by, counts };
}

/**
 * The messages of a source folder that look like ones at the destination: equal size and INTERNALDATE, each counted once. Good
 * enough to foretell space; what sync copies is decided by identity, never by this.
 */
export function alreadyThere(messages: readonly MessageMeta[], destination: Look): { messages: number; bytes: number } {
  const left = new Map(destination.counts);
  const found = { messages: 0, bytes: 0 };
  for (const message of messages) {
    const count = left.get(key(message, destination.by)) ?? 0;
    if (count === 0) continue;
    left.set(key(message, destination.by), count - 1);
    found.messages += 1;
    found.bytes += message.bytes;
  }
  return found;
}

const key = ({ bytes, internalDate }: MessageMeta, by: Look['by']): string =>
  by === 'date' ? `${internalDate}` : `${bytes} ${internalDate}`;
