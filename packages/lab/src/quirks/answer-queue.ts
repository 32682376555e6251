import type { Command } from './quirk.ts';

/** Something that will be answered, in its turn. */
export interface Pending {
  readonly tag: string;
  /** null for a command of a quirk's own. */
  readonly command: Command | null;
  /** Who answers. A command that was begun at the server may be answered here after all. */
  by: 'server' | 'quirk server';
  /** The answer given here; null while there is none yet. */
  lines: readonly string[] | null;
  /** For a command of a quirk's own. */
  own: OwnCommand | null;
}

export interface OwnCommand {
  untagged: string[];
  resolve(untagged: string[]): void;
  reject(error: Error): void;
}

/** The connection ended while something still waited for its turn. */
export class ConnectionEnded extends Error {
  override name = 'ConnectionEnded';
}

/** Answers go out in the order of their commands, whoever gives them: pipelining clients count on it. */
export interface AnswerQueue {
  add(entry: Pending): void;
  head(): Pending | undefined;
  find(tag: string): Pending | undefined;
  remove(entry: Pending): void;
  /** The server will answer this tag, but the client must not see it. */
  discard(tag: string): void;
  /** True, once, for a tag to discard. */
  discarded(tag: string): boolean;
  /** Resolves when everything before it was answered. */
  untilHead(entry: Pending): Promise<void>;
  /** Rejects whatever still waits. */
  end(): void;
}

export function createAnswerQueue(): AnswerQueue {
  let entries: Pending[] = [];
  const unwanted = new Set<string>();
  const waiting = new Map<Pending, { resolve(): void; reject(error: Error): void }>();

  return {
    add: (entry) => void entries.push(entry),
    head: () => entries[0],
    find: (tag) => entries.find((entry) => entry.tag === tag),
    remove: (entry) => {
      entries = entries.filter((other) => other !== entry);
      const head = entries[0];
      if (head) waiting.get(head)?.resolve();
    },
    discard: (tag) => void unwanted.add(tag),
    discarded: (tag) => unwanted.delete(tag),
    untilHead: (entry) =>
      new Promise((resolve, reject) => {
        if (entries[0] === entry) resolve();
        else waiting.set(entry, { resolve, reject });
      }),
    end: () => {
      const error = new ConnectionEnded('The connection ended.');
      for (const { own } of entries) own?.reject(error);
      for (const { reject } of waiting.values()) reject(error);
      entries = [];
      waiting.clear();
    },
  };
}
