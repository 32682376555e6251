import { answer, bye, type Command, defineQuirk, type Quirk } from './quirk.ts';

export interface ThrottlingOptions {
  /** The commands it concerns, matched against their text without tag. Default: APPEND. */
  on?: RegExp;
  /** Throttles when these are sent, counted over all connections from 1. */
  nths?: readonly number[];
  /** Throttles when more than this many are sent in a second. */
  perSecond?: number;
  /** What it asks for. */
  backoffMs: number;
  /** What was on its way when it asked may still come. Default 400. */
  graceMs?: number;
  /** How many commands that come too early it answers NO; the next ends the connection. Default 3. */
  patience?: number;
}

export interface Throttling extends Quirk {
  /** Commands that came before the time asked for was over. */
  ignored(): number;
  /** Milliseconds from each request to the next command. */
  readonly waits: readonly number[];
}

/** Office 365 (2026-11): asks for a pause by NO, and ends the connection of a client that does not make one. */
export function throttling(options: ThrottlingOptions): Throttling {
  const { on = /^APPEND/i, nths = [], perSecond = Number.POSITIVE_INFINITY } = options;
  const { backoffMs, graceMs = 400, patience = 3 } = options;
  const waits: number[] = [];
  let [seen, ignored, askedAt] = [0, 0, Number.NEGATIVE_INFINITY];
  let waiting = false;
  let recent: number[] = [];

  const tooMany = (now: number): boolean => {
    recent = [...recent.filter((time) => time > now - 1000), now];
    return nths.includes(seen) || recent.length > perSecond;
  };
  const quirk = defineQuirk('throttling', (hit) => {
    const ask = (ms: number) => answer(`NO Request is throttled. Suggested Backoff Time: ${ms} milliseconds`);
    return {
      onCommand: ({ text }: Command) => {
        if (!on.test(text)) return undefined;
        const now = Date.now();
        seen++;
        const since = now - askedAt;
        if (since < backoffMs) {
          if (since < graceMs) return ask(backoffMs - since);
          ignored++;
          return ignored > patience
            ? bye('Session invalidated - AccessDenied: backoff was ignored')
            : ask(backoffMs - since);
        }
        if (waiting) waits.push(since);
        waiting = false;
        if (!tooMany(now)) return undefined;
        hit();
        askedAt = now;
        waiting = true;
        recent = [];
        return ask(backoffMs);
      },
    };
  });
  return Object.assign(quirk, { waits, ignored: () => ignored });
}
