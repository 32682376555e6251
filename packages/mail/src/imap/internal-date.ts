/** INTERNALDATE (RFC 9051 date-time): "17-Jul-1996 02:44:25 -0700", the day also as " 7" or "7". */

const COLON = 58;
const MINUS = 45;
const PLUS = 43;
const SPACE = 32;

/** Milliseconds since the epoch; null when it is not one. */
export function parseInternalDate(text: Buffer): number | null {
  let start = 0;
  while (text[start] === SPACE) start += 1;
  const day = number(text, start, start + (text[start + 1] === MINUS ? 1 : 2));
  const at = start + (text[start + 1] === MINUS ? 1 : 2);
  const month = monthOf(text, at + 1);
  const year = number(text, at + 5, at + 9);
  const hours = number(text, at + 10, at + 12);
  const minutes = number(text, at + 13, at + 15);
  const seconds = number(text, at + 16, at + 18);
  const zoneHours = number(text, at + 20, at + 22);
  const zoneMinutes = number(text, at + 22, at + 24);
  const sign = text[at + 19];
  const wellFormed =
    text[at] === MINUS &&
    text[at + 4] === MINUS &&
    text[at + 9] === SPACE &&
    text[at + 12] === COLON &&
    text[at + 15] === COLON &&
    text[at + 18] === SPACE &&
    (sign === PLUS || sign === MINUS) &&
    text.length === at + 24;
  if (!wellFormed || day < 1 || day > 31 || month < 0 || year < 0) return null;
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59 || seconds < 0 || seconds > 60) return null;
  if (zoneHours < 0 || zoneHours > 23 || zoneMinutes < 0 || zoneMinutes > 59) return null;
  const offset = (zoneHours * 60 + zoneMinutes) * (sign === MINUS ? -60_000 : 60_000);
  // Date.UTC takes the years 0 to 99 for 1900 to 1999.
  const local = Date.UTC(year + 400, month, day, hours, minutes, seconds) - FOUR_CENTURIES_MS;
  return local - offset;
}

/** The calendar repeats every 400 years. */
const FOUR_CENTURIES_MS = 146_097 * 86_400_000;

/** -1 when there is anything but digits. */
function number(text: Buffer, start: number, end: number): number {
  let value = 0;
  for (let position = start; position < end; position += 1) {
    const digit = (text[position] ?? 0) - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

const letters = (name: string): number => (name.charCodeAt(0) << 16) | (name.charCodeAt(1) << 8) | name.charCodeAt(2);
const MONTHS = new Map(
  ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'].map((name, index) => [
    letters(name),
    index,
  ]),
);

const monthOf = (text: Buffer, at: number): number =>
  MONTHS.get((((text[at] ?? 0) | 32) << 16) | (((text[at + 1] ?? 0) | 32) << 8) | ((text[at + 2] ?? 0) | 32)) ?? -1;
