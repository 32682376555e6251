import type { Login, WaitOptions } from './governor.ts';

/** What one app may do to one mailbox over HTTP; Microsoft's limits for Outlook are 4, 10,000 in 10 min, 150 MB in 5 min. */
export interface RequestLimits {
  /** Requests under way at once. */
  concurrent: number;
  requests: { most: number; inMs: number };
  /** Bytes of request bodies, as they are on the wire. */
  upload: { mostBytes: number; inMs: number };
  /** Of all mailboxes together; null: no limit. */
  bytesPerSecond: number | null;
  /** Of one mailbox on a day (UTC); null: no limit. Survives the process. */
  bytesPerDay: number | null;
}

/** Keeps the requests to every mailbox within its limits, over all who work on it. */
export interface RequestGovernor {
  /**
   * Waits until one request with a body of this many bytes may be sent; the function returned says that it was answered. Refused
   * requests count too. Rejects when `signal` aborts.
   *
   * @param requests how many it counts as, default 1: the parts of a $batch count each, and run as many at once as one mailbox may have
   */
  request(login: Login, bytes: number, wait: WaitOptions, requests?: number): Promise<() => void>;
  /** The server said "not now" (429, 503): nothing more is sent to this mailbox for so long. */
  pause(login: Login, ms: number, words: string): void;
  /**
   * How many requests to this mailbox may be under way at once, where that is fewer than its limits say because the server turned some
   * away lately; null: as many as the limits say. A $batch of more parts would have the others refused, as the service does four at once.
   */
  reducedTo(login: Login): number | null;
}
