import type { MessageMeta } from '@mxodus/model';

/** Size and INTERNALDATE of the messages of a folder, with how often each pair is there. */
export type Look = Map<string, number>;

export function lookOf(messages: readonly MessageMeta[]): Look {
  const look: Look = new Map();
  for (const message of messages) look.set(key(message), (look.get(key(message)) ?? 0) + 1);
  return look;
}

/**
 * The messages of a source folder that look like ones at the destination: equal size and INTERNALDATE, each counted once. Good
 * enough to foretell space; what sync copies is decided by identity, never by this.
 */
export function alreadyThere(messages: readonly MessageMeta[], destination: Look): { messages: number; bytes: number } {
  const left = new Map(destination);
  const found = { messages: 0, bytes: 0 };
  for (const message of messages) {
    const count = left.get(key(message)) ?? 0;
    if (count === 0) continue;
    left.set(key(message), count - 1);
    found.messages += 1;
    found.bytes += message.bytes;
  }
  return found;
}

const key = ({ bytes, internalDate }: MessageMeta): string => `${bytes} ${internalDate}`;
