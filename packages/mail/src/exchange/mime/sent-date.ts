/** When a Date header says its message was sent. */
export type SentDate = { kind: 'read'; iso: string; zoneKnown: boolean } | { kind: 'unreadable' };

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
/** RFC 5322 §4.3. */
const ZONES: Readonly<Record<string, number>> = {
  ut: 0,
  utc: 0,
  gmt: 0,
  z: 0,
  est: -300,
  edt: -240,
  cst: -360,
  cdt: -300,
  mst: -420,
  mdt: -360,
  pst: -480,
  pdt: -420,
  // Not in the RFC, and never anything else in mail.
  wet: 0,
  bst: 60,
  cet: 60,
  met: 60,
  mez: 60,
  west: 60,
  cest: 120,
  mest: 120,
  mesz: 120,
  eet: 120,
  eest: 180,
  msk: 180,
  jst: 540,
};
const TIME = String.raw`(?<hour>\d{1,2})[:.](?<minute>\d{1,2})(?:[:.](?<second>\d{1,2}))?(?:[.,]\d+)?\s*(?<pm>[ap]m\b)?`;
const ZONE = String.raw`\s*(?<zone>[+-]\d{1,2}:?\d{2}\b|[a-z]{1,5}\b)?(?:\s*(?<offset>[+-]\d{4})\b)?`;
const FORMS = [
  // Fri, 21 Nov 1997 09:55:06 -0600; also 21-Nov-97
  new RegExp(
    String.raw`(?<day>\d{1,2})[\s-]+(?<month>[a-z]{3})[a-z]*\.?,?[\s-]+(?<year>\d{2,4}),?\s+${TIME}${ZONE}`,
    'i',
  ),
  // Fri Nov 21 09:55:06 [zone] 1997
  new RegExp(String.raw`(?<month>[a-z]{3})[a-z]*\.?\s+(?<day>\d{1,2}),?\s+${TIME}${ZONE}\s+(?<year>\d{4})\b`, 'i'),
  // Nov 21, 1997 09:55:06
  new RegExp(String.raw`(?<month>[a-z]{3})[a-z]*\.?\s+(?<day>\d{1,2}),?\s+(?<year>\d{4}),?\s+${TIME}${ZONE}`, 'i'),
  // 1997-11-21T09:55:06Z
  new RegExp(String.raw`(?<year>\d{4})-(?<month>\d{1,2})-(?<day>\d{1,2})[t\s]+${TIME}${ZONE}`, 'i'),
];
/** What Exchange's dates can hold and what a mailbox may reasonably have. */
const YEARS = { first: 1970, last: 2099 };
/** A longer one is no date, and would take long. */
const LONGEST = 200;

/** A Date header in any of the forms programs write; in UTC, to the second. */
export function sentDate(value: string): SentDate {
  const text = value
    .replace(/\([^()]*\)/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, LONGEST);
  for (const form of FORMS) {
    const groups = form.exec(text)?.groups;
    const read = groups === undefined ? null : instant(groups);
    if (read !== null) return read;
  }
  return { kind: 'unreadable' };
}

type Groups = Readonly<Record<string, string | undefined>>;

function instant(groups: Groups): SentDate | null {
  const year = fullYear(groups.year ?? '');
  const month = /^\d/.test(groups.month ?? '')
    ? Number(groups.month) - 1
    : MONTHS.indexOf((groups.month ?? '').toLowerCase());
  const day = Number(groups.day);
  const half = groups.pm?.toLowerCase();
  const hour = half === undefined ? Number(groups.hour) : (Number(groups.hour) % 12) + (half === 'pm' ? 12 : 0);
  const minute = Number(groups.minute);
  const second = Number(groups.second ?? 0);
  if (month < 0 || month > 11 || hour > 23 || minute > 59 || second > 60) return null;
  const midnight = new Date(Date.UTC(year, month, day));
  // The 31st of February is the 3rd of March to Date.
  if (midnight.getUTCDate() !== day || midnight.getUTCMonth() !== month) return null;
  const offset = zoneMinutes(groups.offset ?? groups.zone);
  const seconds = midnight.getTime() / 1000 + hour * 3600 + minute * 60 + Math.min(second, 59) - (offset ?? 0) * 60;
  const utc = new Date(seconds * 1000);
  if (utc.getUTCFullYear() < YEARS.first || utc.getUTCFullYear() > YEARS.last) return null;
  return { kind: 'read', iso: utc.toISOString().replace('.000Z', 'Z'), zoneKnown: offset !== null };
}

/** RFC 5322 §4.3: two digits below 50 are of this century, three count from 1900. */
function fullYear(digits: string): number {
  const year = Number(digits);
  if (digits.length >= 4) return year;
  return digits.length === 2 && year < 50 ? 2000 + year : 1900 + year;
}

function zoneMinutes(zone: string | undefined): number | null {
  const [, sign, hours = '', minutes = ''] = /^([+-])(\d{1,2}):?(\d{2})$/.exec(zone ?? '') ?? [];
  if (sign === undefined) return ZONES[(zone ?? '').toLowerCase()] ?? null;
  if (Number(hours) > 23 || Number(minutes) > 59) return null;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}
