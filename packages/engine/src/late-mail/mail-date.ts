const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** Minutes east of UTC (RFC 5322 section 4.3); the letters of the military mean nothing. */
const ZONES: Readonly<Record<string, number>> = {
  ...{ ut: 0, utc: 0, gmt: 0, z: 0, est: -300, edt: -240, cst: -360, cdt: -300, mst: -420, mdt: -360 },
  ...{ pst: -480, pdt: -420, cet: 60, cest: 120, bst: 60 },
};

/** A date-time without its comments (RFC 5322 sections 3.3 and 4.3), in milliseconds since the epoch; null: it is none. */
export function mailDate(text: string): number | null {
  const match =
    /^\s*(?:[a-z]{3,9}\s*,)?\s*(\d{1,2})\s+([a-z]{3})[a-z]{0,6}\s+(\d{2,4})\s+(\d{1,2}):(\d\d)(?::(\d\d)(?:\.\d{1,9})?)?\s*([+-]\d{4}|[a-z]{1,5})?(?:\s|$)/i.exec(
      text.slice(0, 200),
    );
  if (match === null) return null;
  const [, day = '', month = '', year = '', hour = '', minute = '', second = '0', zone = ''] = match;
  const index = MONTHS.indexOf(month.toLowerCase());
  const offset = minutesEast(zone);
  const [d, h, m, s] = [day, hour, minute, second].map(Number);
  if (index < 0 || offset === null || d === undefined || h === undefined || m === undefined || s === undefined)
    return null;
  if (d < 1 || d > 31 || h > 23 || m > 59 || s > 60) return null;
  return Date.UTC(fullYear(year), index, d, h, m, s) - offset * 60_000;
}

function minutesEast(zone: string): number | null {
  const [, sign, hours = '', minutes = ''] = /^([+-])(\d\d)(\d\d)$/.exec(zone) ?? [];
  if (sign === undefined) return ZONES[zone.toLowerCase()] ?? 0;
  const value = Number(hours) * 60 + Number(minutes);
  if (Number(minutes) > 59 || value > 14 * 60) return null;
  return sign === '-' ? -value : value;
}

/** RFC 5322 section 4.3: two and three digits count from 1900, two below 50 from 2000. */
function fullYear(year: string): number {
  const value = Number(year);
  if (year.length === 4) return value;
  return year.length === 2 && value < 50 ? 2000 + value : 1900 + value;
}
