import type { SlowDown } from './errors.ts';

/** Who signs in where; limits and hints hold for one of these, or for the whole server. */
export interface Login {
  server: string;
  user: string;
}

export interface Wait {
  why: string;
  /** RFC 3339; null: not known. */
  until: string | null;
}

/** What one server of the config may be burdened with. */
export interface ServerBurden {
  connections: number;
  connectionsPerMailbox: number;
  bytesPerSecond: number | null;
  bytesPerDay: number | null;
}

/**
 * Keeps everything that talks to a server within its limits, over all mailboxes. Connections: never more than the caps, and fewer
 * when the server asks for fewer. Pace: no limit until the server asks for a pause; then slow, and faster again step by step
 * (additive up, multiplicative down). Bytes: a rate, and a budget a day that survives the process.
 */
export interface Governor {
  /**
   * Waits for a free connection; the function returned gives it back. Rejects when `signal` aborts; with SERVER_BUSY when the server
   * took so many back that only what this login has itself could make room: it goes on with those.
   */
  connection(login: Login, wait: WaitOptions): Promise<() => void>;
  /**
   * Waits until one command may be sent and this many bytes may cross with it. 0: a small command, which no limit of bytes holds up;
   * 1: how many is not known before they come, see `crossed`. Rejects when it has to wait and `signal` aborts; what need not wait may
   * still go then, so that what was begun can be finished.
   */
  admit(login: Login, bytes: number, wait: WaitOptions): Promise<void>;
  /** Bytes that crossed and that nobody asked for beforehand. */
  crossed(login: Login, bytes: number): void;
  /** Waits until the rate has made up for what crossed. Rejects as `admit` does. */
  caughtUp(login: Login, wait: WaitOptions): Promise<void>;
  /** The server asked for less. */
  slowDown(login: Login, hint: SlowDown): void;
  /** A command went well. */
  wentWell(login: Login): void;
  /** How many connections this login may have at once now. */
  allowance(login: Login): number;
}

export interface WaitOptions {
  signal: AbortSignal;
  /** Called when a wait of a second or more begins, and with null when it ends. */
  onWait(wait: Wait | null): void;
}

/** Remembers the bytes of a day across processes. */
export interface TrafficBook {
  /** Bytes on this day (UTC, `2026-11-22`) so far, both directions. */
  spent(login: Login, day: string): Promise<number>;
  add(login: Login, day: string, bytes: number): Promise<void>;
}
