import type { SlowDown } from '@mxodus/model';

/** What servers say when they want less (seen or documented until 2026-11). The first row that fits decides. */
const SIGNS: readonly (readonly [RegExp, Pick<SlowDown, 'kind'> & { scope: SlowDown['scope'] | 'by words' }])[] = [
  // Microsoft 365: "Request is throttled. Suggested Backoff Time: 299961 milliseconds".
  [/back-?off time|\[THROTTLED\]|throttl/i, { kind: 'pause', scope: 'login' }],
  // Gmail "Too many simultaneous connections", Dovecot "Maximum number of connections from user+IP exceeded", Courier, Cyrus.
  [
    /too many (\S+ ){0,2}(connections|sessions|logins)|(maximum( number of)?|max) connections?( limit)?|connections? limit/i,
    { kind: 'fewer-connections', scope: 'by words' },
  ],
  // Gmail "[OVERQUOTA] Account exceeded command or bandwidth limits": the line is full, not the mailbox.
  [
    /exceeded .*\b(command|bandwidth|rate|download|upload)|(bandwidth|rate) limit|too many requests/i,
    { kind: 'pause', scope: 'login' },
  ],
  [/too many (\S+ ){0,2}(log-?ins?|authentications?|sign-?ins?) \S+/i, { kind: 'pause', scope: 'login' }],
  // Exchange, when the mailbox's own store is overloaded or has too many connections (imapsync FAQ.Exchange, imapsync #411).
  [
    /server unavailable\. \d+|user is authenticated but not connected|temporary system error/i,
    { kind: 'pause', scope: 'login' },
  ],
  [/\[(LIMIT|INUSE)\]/i, { kind: 'pause', scope: 'login' }],
  [/\[UNAVAILABLE\]|server (is )?(too )?busy|try again later/i, { kind: 'pause', scope: 'host' }],
];

/** "Too many connections from your IP" is said to all of this machine, "from user+IP" to one user. */
const TO_THE_HOST = /(?<!user\s*\+\s*)\b(ip|address|host|server-wide|server)\b/i;

/**
 * What a NO, a BAD or a BYE asks for; null when it asks for nothing.
 * @param words the text, with or without its response code
 * @param responseCode the code (RFC 5530) where it was taken off the text
 */
export function readSlowDown(words: string, responseCode = ''): SlowDown | null {
  const whole = responseCode === '' ? words : `[${responseCode}] ${words}`;
  const sign = SIGNS.find(([pattern]) => pattern.test(whole))?.[1];
  if (sign === undefined) return null;
  const scope = sign.scope === 'by words' ? (TO_THE_HOST.test(whole) ? 'host' : 'login') : sign.scope;
  return { scope, kind: sign.kind, pauseMs: pauseOf(whole), words: whole };
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** "Backoff Time: 92415 milliseconds", "try again in 5 minutes". */
function pauseOf(words: string): number | null {
  const [, number, unit = 'ms'] =
    /(?:back-?off time|(?:re)?try(?: again)?|wait)\D{0,24}?(\d{1,9})\s*(milliseconds?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|h)?\b/i.exec(
      words,
    ) ?? [];
  if (number === undefined) return null;
  const word = unit.toLowerCase();
  const key = /^mill|^ms/.test(word) ? 'ms' : word.slice(0, 1);
  return Number(number) * (UNITS[key] ?? 1);
}
