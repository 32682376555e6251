/** Numbers, sizes and times as people read them. */

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

export const count = (value: number): string => value.toLocaleString('en-US');

/** "1 message", "2,310 messages". */
export const counted = (value: number, noun: string, plural = pluralOf(noun)): string =>
  `${count(value)} ${value === 1 ? noun : plural}`;

const pluralOf = (noun: string): string => (/(s|x|ch|sh)$/.test(noun) ? `${noun}es` : `${noun}s`);

export function size(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1;
  return `${value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })} ${UNITS[unit]}`;
}

/** "840 ms", "34 s", "3 min 10 s", "2 h 05 min", "3 d 4 h". */
export function howLong(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  const seconds = Math.round(milliseconds / 1000);
  if (milliseconds < 9950) return `${(milliseconds / 1000).toFixed(1)} s`;
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${two(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${two(minutes % 60)} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** As `howLong`, never more exact than a second: for what is estimated or passes while it is read. */
export const wholeSeconds = (milliseconds: number): string => {
  const seconds = Math.max(1, Math.ceil(milliseconds / 1000));
  return seconds < 60 ? `${seconds} s` : howLong(seconds * 1000);
};

/** Never 100% before all is done, never 0% once something is. */
export function percent(part: number, whole: number): string {
  if (whole === 0) return '100%';
  if (part >= whole) return '100%';
  return `${Math.min(99, Math.max(part > 0 ? 1 : 0, Math.floor((part / whole) * 100)))}%`;
}

/** RFC 3339 in UTC, whole seconds. */
export const timestamp = (time: Date): string => `${time.toISOString().slice(0, 19)}Z`;

/** "2026-11-22 13:04 UTC". */
export const minuteOf = (time: Date): string => `${time.toISOString().slice(0, 16).replace('T', ' ')} UTC`;

/** "34 s", "5 min", "2 h", "3 d": for where there is little room. */
export function roughly(milliseconds: number): string {
  const minutes = Math.floor(milliseconds / 60_000);
  if (minutes < 1) return `${Math.max(1, Math.floor(milliseconds / 1000))} s`;
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} d`;
}

const NEAR_MS = 2 * 60_000;
const DAY_MS = 24 * 3_600_000;

/** "14:32 CET" in local time; with seconds when that is near, with the date when it is a day away or more. */
export function clockTime(time: Date, now: Date, zone?: string): string {
  const away = time.getTime() - now.getTime();
  const parts = new Intl.DateTimeFormat('en-GB', {
    ...{ year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit' },
    ...{ hourCycle: 'h23', timeZoneName: 'short' },
    ...(zone === undefined ? {} : { timeZone: zone }),
  }).formatToParts(time);
  const part = (type: string): string => parts.find((one) => one.type === type)?.value ?? '';
  const date = away >= DAY_MS ? `${part('year')}-${part('month')}-${part('day')} ` : '';
  const seconds = away < NEAR_MS ? `:${part('second')}` : '';
  return `${date}${part('hour')}:${part('minute')}${seconds} ${part('timeZoneName')}`;
}

const two = (value: number): string => String(value).padStart(2, '0');

/** Equal for texts that differ in numbers only: the same answer of a server with another time or size in it is one cause. */
export const causeOf = (text: string): string => text.replace(/\d[\d.,+ ]*\d|\d/g, '#');
