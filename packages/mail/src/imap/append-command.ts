import type { AppendOutcome, OutgoingMessage, RefusalReason } from '@mxodus/model';
import { countUidSet, expandUidSet } from './sequence-set.ts';
import { readSlowDown } from './slow-down.ts';

/** The bytes of APPEND (RFC 9051 6.3.12, MULTIAPPEND RFC 3502) and the meaning of its answers. */

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

export type LiteralKind = 'synchronising' | 'non-synchronising';

export const bodySize = ({ body }: OutgoingMessage): number => (body.kind === 'memory' ? body.bytes.length : body.size);

/** ` (\Seen) "02-Jan-2023 10:00:00 +0000" {123+}` and the line end: what goes before one message's bytes. */
export function appendItem(message: OutgoingMessage, literal: LiteralKind, binary: boolean): string {
  const flags = ` (${message.flags.join(' ')})`;
  const date = message.internalDate === null ? '' : ` "${dateTime(message.internalDate)}"`;
  const plus = literal === 'non-synchronising' ? '+' : '';
  // RFC 3516: only literal8 may carry NUL.
  const tilde = binary && message.body.kind === 'memory' && message.body.bytes.includes(0) ? '~' : '';
  return `${flags}${date} ${tilde}{${bodySize(message)}${plus}}\r\n`;
}

/** RFC 9051 date-time, in UTC: the instant is what is kept. */
export function dateTime(milliseconds: number): string {
  const date = new Date(milliseconds);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = String(date.getUTCDate()).padStart(2, ' ');
  const year = String(Math.min(9999, Math.max(0, date.getUTCFullYear()))).padStart(4, '0');
  const time = `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`;
  return `${day}-${MONTHS[date.getUTCMonth()]}-${year} ${time} +0000`;
}

export const quoted = (wireName: string): string => `"${wireName.replace(/[\\"]/g, '\\$&')}"`;

/**
 * `[APPENDUID 38505 3955:3957]` (RFC 4315); null where the server does not tell, tells another number of UIDs, or what cannot be: a
 * zero, or UIDs that do not ascend as those of one APPEND must.
 */
export function readAppendUid(text: string, expected: number): { uidValidity: number; uids: number[] } | null {
  const [, uidValidity, set] = /^\[APPENDUID (\d{1,10}) ([\d:,]+)\]/i.exec(text) ?? [];
  if (uidValidity === undefined || set === undefined || countUidSet(set) !== expected) return null;
  const uids = expandUidSet(set);
  const possible = Number(uidValidity) > 0 && uids.every((uid, index) => uid > (uids[index - 1] ?? 0));
  return possible ? { uidValidity: Number(uidValidity), uids } : null;
}

type Signs = readonly (readonly [RegExp, RefusalReason])[];

/** Words about the message itself. Looked at first: "[LIMIT] Message too large" is no busy server. */
const ABOUT_THE_MESSAGE: Signs = [
  [/line (is )?too long|lines? (are )?longer/i, 'content'],
  [/\[(TOOBIG|APPENDLIMIT)|too (large|big)|maximum size|exceeds .*size|size limit/i, 'too-large'],
  [/zero[- ]byte|empty message/i, 'zero-bytes'],
  [/\[(TRYCREATE|NONEXISTENT)/i, 'no-folder'],
  // Dovecot "Invalid system flag \FORWARDED", "Invalid keyword"; Cyrus "Invalid flag in Append command".
  [/(invalid|unknown|unsupported|bad|illegal|too many)[\w ]*\b(flags?|keywords?)\b|flags? (is |are )?not /i, 'flags'],
  // Dovecot "Invalid internal date.", Cyrus "Invalid date-time in Append command".
  [/(invalid|bad|illegal|malformed|parse)[\w ]*\b(internal ?date|date)\b/i, 'date'],
  // Cyrus says what it does not take: "Message contains invalid header", "... NUL characters", "... bare newlines".
  [
    /message contains|invalid header|\bNUL\b|bare (newlines?|lf|cr|line ?feeds?)|no header\/body separator|non-ascii/i,
    'content',
  ],
  // Gmail "Invalid character in literal" and "Unable to parse message"; Yahoo, when the last line end is missing (imapsync #209).
  [
    /character in literal|(unable to|cannot|could not) parse|malformed message|\[CLIENTBUG\] additional arguments/i,
    'content',
  ],
];

const ABOUT_THE_MAILBOX: Signs = [
  [/\[OVERQUOTA|quota|mailbox (is )?full/i, 'quota'],
  [/\[(SERVERBUG|CONTACTADMIN)|temporar/i, 'busy'],
];

/** Exchange's "Command Argument Error. 11" is one text for three causes (size, quota, a long line): `other`. */
export function refusalReason(text: string): RefusalReason {
  const fits = (signs: Signs): RefusalReason | undefined => signs.find(([pattern]) => pattern.test(text))?.[1];
  return (
    fits(ABOUT_THE_MESSAGE) ?? (readSlowDown(text) === null ? undefined : 'busy') ?? fits(ABOUT_THE_MAILBOX) ?? 'other'
  );
}

/** The outcome of a message that got NO or BAD. */
export function refusedOutcome({ status, text }: { status: string; text: string }): AppendOutcome {
  const reason = refusalReason(text);
  const hint = reason === 'busy' ? readSlowDown(text) : null;
  return { kind: 'refused', reason, response: `${status} ${text}`, ...(hint === null ? {} : { hint }) };
}
