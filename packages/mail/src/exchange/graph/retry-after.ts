/** How long a busy server wants to be left alone (RFC 9110 10.2.3), in milliseconds. */

const FIRST_MS = 1000;
const LONGEST_MS = 60_000;
/** What is added at random, so that those who were turned away together do not come back together. */
const JITTER_PART = 0.1;
const JITTER_MS = 1000;

/**
 * What the header asks for, whole, never less; null where it asks for nothing that can be waited for: it is missing, garbled, zero,
 * negative or a time that has passed. A date is measured by the server's own clock where it shows it (`Date`).
 */
export function retryAfterMs(headers: Headers, now: number): number | null {
  const text = headers.get('retry-after')?.trim() ?? '';
  if (text === '') return null;
  const asked = /^[+-]?\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text) - serverTime(headers, now);
  return asked > 0 && Number.isFinite(asked) ? asked : null;
}

/** `Date` has whole seconds, and is never ahead. */
function serverTime(headers: Headers, now: number): number {
  const said = Date.parse(headers.get('date') ?? '');
  return Number.isNaN(said) ? now : said;
}

/** 1 s, 2 s, 4 s ... 60 s. `failures`: how often in a row it went wrong, from 1. */
export const backOffMs = (failures: number): number => Math.min(LONGEST_MS, FIRST_MS * 2 ** (failures - 1));

/** @param random from 0 to 1 */
export const withJitter = (ms: number, random: number): number =>
  Math.ceil(ms + random * Math.min(JITTER_MS, Math.max(100, ms * JITTER_PART)));
