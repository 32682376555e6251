import type { Quota } from '@mxodus/model';
import { bytesText } from '../plan/bytes-text.ts';
import { LONGEST_LINE } from './long-lines.ts';
import { isArgumentError11 } from './refusal-words.ts';

export interface RefusedMessage {
  bytes: number;
  /** Bytes, without its line end. */
  longestLine: number;
  /** RFC 7889; bytes, null where it is not stated. */
  appendLimit: number | null;
  /** null: the server has no QUOTA. */
  quota: Quota | null;
}

/** What Exchange takes where nobody set another limit (2026-11). */
const EXCHANGE_LIMIT = 10 * 1024 * 1024;

/**
 * Tells the three causes of Exchange's "Command Argument Error. 11" apart: a sentence for the report. null: the server said something
 * else, which speaks for itself.
 */
export function diagnose(response: string, message: RefusedMessage): string | null {
  if (!isArgumentError11(response)) return null;
  const causes = [tooLarge(message), overQuota(message), longLine(message)].filter((cause) => cause !== null);
  const say =
    'Exchange says "Command Argument Error. 11" to a message too large, a mailbox too full and a line too long';
  if (causes.length > 0) return `${say}; here: ${causes.join(', and ')}`;
  return `${say}; none of them shows here: ${known(message)}`;
}

function tooLarge({ bytes, appendLimit }: RefusedMessage): string | null {
  const size = `the message has ${bytesText(bytes)}`;
  if (appendLimit !== null) return bytes > appendLimit ? `${size}, the server takes ${bytesText(appendLimit)}` : null;
  return bytes > EXCHANGE_LIMIT ? `${size}, the server states no limit and Exchange's own is 10 MiB` : null;
}

function overQuota({ bytes, quota }: RefusedMessage): string | null {
  const left = leftOf(quota);
  return left !== null && bytes > left
    ? `the mailbox has ${bytesText(left)} left, the message needs ${bytesText(bytes)}`
    : null;
}

const longLine = ({ longestLine }: RefusedMessage): string | null =>
  longestLine > LONGEST_LINE ? `a line has ${longestLine} bytes, the server takes some ${LONGEST_LINE}` : null;

function known({ bytes, appendLimit, quota, longestLine }: RefusedMessage): string {
  const left = leftOf(quota);
  return [
    `${bytesText(bytes)} (limit ${appendLimit === null ? 'not stated' : bytesText(appendLimit)})`,
    left === null ? 'no quota known' : `${bytesText(left)} left in the mailbox`,
    `longest line ${longestLine} bytes`,
  ].join(', ');
}

const leftOf = (quota: Quota | null): number | null =>
  quota === null || quota.limitBytes === null ? null : Math.max(0, quota.limitBytes - quota.usedBytes);
