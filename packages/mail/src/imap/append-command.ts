import type { OutgoingMessage, RefusalReason } from '@mxodus/model';
import { countUidSet, expandUidSet } from './sequence-set.ts';

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

/** `[APPENDUID 38505 3955:3957]` (RFC 4315); null where the server does not tell, or tells another number of UIDs. */
export function readAppendUid(text: string, expected: number): { uidValidity: number; uids: number[] } | null {
  const [, uidValidity, set] = /^\[APPENDUID (\d+) ([\d:,]+)\]/i.exec(text) ?? [];
  if (uidValidity === undefined || set === undefined || countUidSet(set) !== expected) return null;
  return { uidValidity: Number(uidValidity), uids: expandUidSet(set) };
}

const REASONS: readonly (readonly [RegExp, RefusalReason])[] = [
  [/\[(TOOBIG|APPENDLIMIT)|too (large|big)|maximum size|exceeds .*size/i, 'too-large'],
  [/\[OVERQUOTA|quota/i, 'quota'],
  [/zero[- ]byte|empty message/i, 'zero-bytes'],
  [/\[(TRYCREATE|NONEXISTENT)/i, 'no-folder'],
  [/\[(INUSE|UNAVAILABLE|LIMIT|THROTTLED|SERVERBUG|CONTACTADMIN)|throttled|temporar/i, 'busy'],
];

export const refusalReason = (text: string): RefusalReason =>
  REASONS.find(([pattern]) => pattern.test(text))?.[1] ?? 'other';
