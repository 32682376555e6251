/** What can hold up a mailbox. */
export const LIMIT_KINDS = [
  'requests',
  'upload',
  'concurrent_requests',
  'requests_of_all',
  'bytes_per_second',
  'bytes_per_day',
  'connections',
  'connections_per_mailbox',
  'server',
  'places',
  'cpu',
  'memory',
  'ledger',
  'machine',
  'opening',
] as const;

export type LimitKind = (typeof LIMIT_KINDS)[number];

/**
 *   kind                     what holds
 *   requests, upload         so many requests, or bytes, to one mailbox within a window
 *   concurrent_requests      so many requests at once to one mailbox, each answered after a while
 *   requests_of_all          requests a second to the service, over all mailboxes
 *   bytes_per_second, bytes_per_day, connections, connections_per_mailbox    `limits` of an IMAP server in the config
 *   server                   what a mail server does with all its cores
 *   places, cpu, memory      of the workers: mailboxes at once, their cores, bytes in flight
 *   ledger                   rows a second
 *   machine                  the cores of the one machine on which everything runs
 *   opening                  signing in, looking, waiting for the last answers
 */
export interface Limit {
  kind: LimitKind;
  /** null: of no server. */
  server: string | null;
}

/** Numbers the limits of one simulation, so that seconds can be counted by number. */
export class LimitBook {
  readonly #limits: Limit[] = [];
  readonly #numbers = new Map<string, number>();

  number(kind: LimitKind, server: string | null = null): number {
    const key = `${kind} ${server ?? ''}`;
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#limits.push({ kind, server });
    this.#numbers.set(key, this.#limits.length - 1);
    return this.#limits.length - 1;
  }

  /** Longest first, without those that held nothing up. */
  ranked(seconds: readonly number[]): { limit: Limit; seconds: number }[] {
    return this.#limits
      .map((limit, index) => ({ limit, seconds: seconds[index] ?? 0 }))
      .filter((row) => row.seconds > 0)
      .toSorted((a, b) => b.seconds - a.seconds);
  }
}
