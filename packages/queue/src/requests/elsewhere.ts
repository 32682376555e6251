/** What others who work on the same mailbox leave of its limits. */
export interface Elsewhere {
  /** Counts a request, if there is room for it beside those of all others. Never rejects. */
  enter(request: { requests: number; atOnce: number; bytes: number }): Promise<Verdict>;
  /** The server said "not now": the others wait too. */
  pause(ms: number, words: string): void;
}

export type Verdict =
  | { kind: 'room'; answered: () => void }
  /** `ms`: until there may be room; null: until one of theirs is answered. */
  | { kind: 'none'; because: 'requests' | 'upload' | 'concurrent'; ms: number | null }
  | { kind: 'none'; because: 'pause'; ms: number; words: string };

/** The line of bytes of all mailboxes of a server: who has a place keeps it. */
export interface ByteLine {
  /** `at` of the place: when its bytes may cross; Infinity: not known, `onKnown` is called when it is. */
  enter(at: number, bytes: number, onKnown: () => void): { readonly at: number };
  /** Whoever had a place does not need it. */
  leave(at: number, bytes: number): void;
}
